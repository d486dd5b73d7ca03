package numberstoplist

import (
	"strconv"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/phone"
)

// item is an entry as numberStopList/list gives it (contract §7).
type item struct {
	ID                   int64   `json:"id,string" doc:"Id of the entry."`
	UserID               int64   `json:"userId,string" doc:"Id of the account; 0 = it holds for all accounts."`
	PartnerID            string  `json:"partnerId" doc:"The reseller of the account, of which there is one: always \"1\"."`
	Number               string  `json:"number" doc:"The number, digits only; of a range from-to."`
	IgnoreSingle         string  `json:"ignoreSingle" doc:"Always \"1\": single messages are stopped too."`
	Level                string  `json:"level" doc:"Whose entry it is: 0 = the account's, 1 = its reseller's, 2 = the operator's, for all accounts."`
	CreatedByUserID      int64   `json:"createdByUserId,string" doc:"Id of the account that made it; 0 = the operator."`
	CreateTs             string  `json:"createTs" doc:"When it was made."`
	IsSystem             string  `json:"isSystem" doc:"1 = the account can't delete it, 0 = it can."`
	Comment              *string `json:"comment" doc:"A note."`
	CountryA2            *string `json:"countryA2" doc:"ISO 3166 code of the number's country, two letters; of a range, where both ends have the same; null = not known."`
	OperatorName         *string `json:"operatorName" doc:"The number's operator; of a range, where both ends have the same; null = not known."`
	CreatedByUserName    *string `json:"createdByUserName" doc:"Always null."`
	CreatedByUserSurname *string `json:"createdByUserSurname" doc:"Always null."`
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
