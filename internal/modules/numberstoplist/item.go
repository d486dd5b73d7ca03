package numberstoplist

import (
	"strconv"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/phone"
)

// item is an entry as numberStopList/list gives it (contract §7).
type item struct {
	ID                   int64   `json:"id,string"`
	UserID               int64   `json:"userId,string" doc:"0 = for all accounts."`
	PartnerID            string  `json:"partnerId"`
	Number               string  `json:"number" doc:"The number; of a range \"from-to\"."`
	IgnoreSingle         string  `json:"ignoreSingle"`
	Level                string  `json:"level"`
	CreatedByUserID      int64   `json:"createdByUserId,string" doc:"0 = the operator."`
	CreateTs             string  `json:"createTs"`
	IsSystem             string  `json:"isSystem" doc:"\"1\" = the account can't delete it."`
	Comment              *string `json:"comment"`
	CountryA2            *string `json:"countryA2" doc:"Of a range, where both ends have the same."`
	OperatorName         *string `json:"operatorName" doc:"Of a range, where both ends have the same."`
	CreatedByUserName    *string `json:"createdByUserName"`
	CreatedByUserSurname *string `json:"createdByUserSurname"`
}

// Levels of an item.
const (
	levelAccount = "0"
	levelGlobal  = "2"
)

func newItem(c *api.Call, book *phone.Book, e *Entry) item {
	i := item{
		ID: e.ID, UserID: e.AccountID, PartnerID: user.PartnerID, Number: e.Numbers.String(), IgnoreSingle: "1", Level: levelAccount,
		CreatedByUserID: e.CreatedBy, CreateTs: c.FormatTime(e.CreatedMs), IsSystem: "0", Comment: api.OrNull(e.Comment),
	}
	if e.AccountID == Global {
		i.Level, i.IsSystem = levelGlobal, "1"
	}
	from, to := lookup(book, e.Numbers.From), lookup(book, e.Numbers.To)
	if from.Country == to.Country {
		i.CountryA2 = api.OrNull(from.Country)
	}
	if from.OperatorID == to.OperatorID {
		i.OperatorName = api.OrNull(from.Operator)
	}
	return i
}

// lookup is what is known of a number; nothing, if it is no country's.
func lookup(book *phone.Book, n int64) phone.Info {
	info, err := book.Lookup(phone.Number(strconv.FormatInt(n, 10)))
	if err != nil {
		return phone.Info{}
	}
	return info
}
