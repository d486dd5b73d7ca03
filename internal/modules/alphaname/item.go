package alphaname

import (
	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
)

// item is a sender as alphaname/list gives it (contract §7). A cell has one operator,
// whose decision stands in the fields of both levels' status.
type item struct {
	ID                       int64    `json:"id,string"`
	UserID                   int64    `json:"userId,string" doc:"0 = shared."`
	PartnerID                string   `json:"partnerId"`
	AlphanameID              int64    `json:"alphanameId,string"`
	IsDefault                string   `json:"isDefault" doc:"\"1\": what a message without from gets."`
	GlobalStatus             Status   `json:"globalStatus,string"`
	PartnerStatus            Status   `json:"partnerStatus,string"`
	StatusUpdateTs           string   `json:"statusUpdateTs"`
	CreateTs                 string   `json:"createTs"`
	Alphaname                wireName `json:"alphaname"`
	Details                  details  `json:"details"`
	Description              *string  `json:"description"`
	GlobalComment            *string  `json:"globalComment" doc:"Why it was refused."`
	PartnerComment           *string  `json:"partnerComment"`
	DateExpiredGlobal        *string  `json:"dateExpiredGlobal" doc:"When the approval ends."`
	IsTemplateGlobalComment  *string  `json:"isTemplateGlobalComment"`
	IsTemplatePartnerComment *string  `json:"isTemplatePartnerComment"`
	GlobalModeratorUserID    *string  `json:"globalModeratorUserId"`
	PartnerModeratorUserID   *string  `json:"partnerModeratorUserId"`
	UserProfile              struct{} `json:"userProfile"`
	AlphanameDocs            []string `json:"alphanameDocs"`
}

type wireName struct {
	ID       int64  `json:"id,string"`
	Name     string `json:"name"`
	CreateTs string `json:"createTs"`
	Type     string `json:"type"`
}

// Types of a wireName.
const (
	typeAlphanumeric = "1"
	typeNumeric      = "2"
)

type details struct {
	Description *string `json:"description"`
}

func newItem(c *api.Call, a *Alphaname) item {
	name := wireName{ID: a.ID, Name: a.Name, CreateTs: c.FormatTime(a.Created), Type: typeAlphanumeric}
	if a.Numeric() {
		name.Type = typeNumeric
	}
	isDefault := "0"
	if a.Default {
		isDefault = "1"
	}
	return item{
		ID: a.ID, UserID: a.AccountID, PartnerID: user.PartnerID, AlphanameID: a.ID, IsDefault: isDefault,
		GlobalStatus: a.Status, PartnerStatus: a.Status, StatusUpdateTs: c.FormatTime(a.Updated), CreateTs: name.CreateTs,
		Alphaname: name, Details: details{api.OrNull(a.Description)}, Description: api.OrNull(a.Description),
		GlobalComment: api.OrNull(a.Comment), DateExpiredGlobal: c.TimeOrNull(a.Expires), AlphanameDocs: []string{},
	}
}
