package alphaname

import (
	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
)

// item is a sender as alphaname/list gives it (contract §7). A cell has one operator,
// whose decision stands in the fields of both levels' status.
type item struct {
	ID                       int64    `json:"id,string" doc:"Id of the sender ID."`
	UserID                   int64    `json:"userId,string" doc:"Id of the account whose it is; 0 = shared by all accounts."`
	PartnerID                string   `json:"partnerId" doc:"The reseller of the account, of which there is one: always \"1\"."`
	AlphanameID              int64    `json:"alphanameId,string" doc:"The same as id."`
	IsDefault                string   `json:"isDefault" doc:"1 = what a message without from is sent from, 0 = it is not."`
	GlobalStatus             Status   `json:"globalStatus,string" doc:"0 = waits for approval, 1 = usable, 2 = refused."`
	PartnerStatus            Status   `json:"partnerStatus,string" doc:"The same as globalStatus."`
	StatusUpdateTs           string   `json:"statusUpdateTs" doc:"When the status changed last."`
	CreateTs                 string   `json:"createTs" doc:"When it was made."`
	Alphaname                wireName `json:"alphaname" doc:"The name itself."`
	Details                  details  `json:"details" doc:"What its account says of it, once more."`
	Description              *string  `json:"description" doc:"What its account says of it."`
	GlobalComment            *string  `json:"globalComment" doc:"What the operator says of it, such as why it was refused; null = nothing."`
	PartnerComment           *string  `json:"partnerComment" doc:"Always null."`
	DateExpiredGlobal        *string  `json:"dateExpiredGlobal" doc:"When its approval ends; null = never."`
	IsTemplateGlobalComment  *string  `json:"isTemplateGlobalComment" doc:"Always null."`
	IsTemplatePartnerComment *string  `json:"isTemplatePartnerComment" doc:"Always null."`
	GlobalModeratorUserID    *string  `json:"globalModeratorUserId" doc:"Always null."`
	PartnerModeratorUserID   *string  `json:"partnerModeratorUserId" doc:"Always null."`
	UserProfile              struct{} `json:"userProfile" doc:"Always empty."`
	AlphanameDocs            []string `json:"alphanameDocs" doc:"Always empty."`
}

type wireName struct {
	ID       int64  `json:"id,string" doc:"Id of the sender ID."`
	Name     string `json:"name" doc:"What a handset shows as the sender."`
	CreateTs string `json:"createTs" doc:"When it was made."`
	Type     string `json:"type" doc:"1 = a name with letters, 2 = a number."`
}

// Types of a wireName.
const (
	typeAlphanumeric = "1"
	typeNumeric      = "2"
)

type details struct {
	Description *string `json:"description" doc:"The same as description beside details."`
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
