package contactcard

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/phone"
)

// criterion is one of the conditions that must all hold (contract §7).
type criterion struct {
	api.Criteria
	Field    string `param:"field" doc:"A field of the card: name, mobile, mobile.type, address.city; groupId or createTs."`
	Operator string `param:"operator,oneof=equal|not_equal|contain|from|to|empty,default=equal" doc:"equal, not_equal, contain, from, to (both ends included) or empty. Letters may be of any case. An unset field is only not_equal and empty."`
	Value    string `param:"value" doc:"What the field is compared with; absent = no condition, save with empty."`
}

// condition is a criterion as SQL.
type condition struct {
	column string // it is about this one; "" = about groups, or about nothing
	exact  bool   // the column has one value
	text   string
	args   []any

	opposite string // holds, with the same args, for all cards that this one does not hold for; "" = not said
	probe    string // the same as text, to be asked of each card; "" = text itself
	group    int64  // it is about this group; 0 = about none
	cards    *int64 // how many it finds, where that is counted; see checkGroups
}

// Conditions without arguments.
const (
	alone = "in_groups = 0"
	never = "1 = 0"
)

// condition reads the criterion; is tells whether there is one.
func (cr *criterion) condition(c *api.Call) (cond condition, is bool) {
	empty := cr.Operator == "empty"
	switch field := strings.TrimSuffix(cr.Field, valueOf); {
	case cr.Nothing || utf8.RuneCountInString(cr.Value) > valueMost*2:
		return condition{text: never}, true
	case cr.Field == "" || cr.Value == "" && !empty:
		return condition{}, false
	case field == "groupId":
		return cr.ofGroup(), true
	case field == "createTs":
		return cr.ofTime(c), true
	case !slices.Contains(fieldNames(), field), field != cr.Field && !slices.Contains(communications[:], field):
		return condition{text: never}, true
	default:
		return cr.ofText(field), true
	}
}

// ofText compares folded texts. That the column is not empty is said even where it goes
// without saying: the indexes know only such cards.
func (cr *criterion) ofText(field string) condition {
	column, value := column(field), fold(cr.Value)
	if isNumber(field) && cr.Operator != "empty" {
		if value = phone.Digits(value); value == "" {
			return condition{text: never}
		}
	}
	set := column + " <> '' AND " + column
	switch cr.Operator {
	case "not_equal":
		return condition{column: column, text: column + " <> ?", opposite: set + " = ?", args: []any{value}}
	case "contain":
		return condition{column: column, text: set + ` LIKE ? ESCAPE '\'`, args: []any{db.Containing(value)}}
	case "from":
		return condition{column: column, text: set + " >= ?", args: []any{value}}
	case "to":
		return condition{column: column, text: set + " <= ?", args: []any{value}}
	case "empty":
		cond := condition{column: column, text: column + " = ''", exact: true}
		if !slices.Contains(sorted[:], column) {
			cond.opposite = column + " <> ''"
		}
		return cond
	default:
		return condition{column: column, text: set + " = ?", args: []any{value}, exact: true}
	}
}

// ofTime compares with a time, which is its whole second, or a date, its whole day.
func (cr *criterion) ofTime(c *api.Call) condition {
	begin, end, err := c.ParseMoment(cr.Value)
	const column = "created_ms"
	switch {
	case err != nil, cr.Operator == "empty": // all cards were made some time
		return condition{text: never}
	case cr.Operator == "from":
		return condition{column: column, text: column + " >= ?", args: []any{begin}}
	case cr.Operator == "to":
		return condition{column: column, text: column + " < ?", args: []any{end}}
	case cr.Operator == "not_equal":
		return condition{column: column, text: column + " < ? OR " + column + " >= ?", args: []any{begin, end}}
	default:
		return condition{column: column, text: column + " >= ? AND " + column + " < ?", args: []any{begin, end}}
	}
}

// ofGroup asks which groups a card is in.
func (cr *criterion) ofGroup() condition {
	if cr.Operator == "empty" {
		return condition{text: alone}
	}
	const (
		members = "id IN (SELECT card_id FROM contact_member WHERE group_id = ?)"
		in      = "EXISTS (SELECT 1 FROM contact_member WHERE group_id = ? AND card_id = contact_card.id)"
	)
	id, err := strconv.ParseInt(cr.Value, 10, 64)
	switch {
	case err == nil && cr.Operator == "equal":
		return condition{group: id, text: members, probe: in, args: []any{id}}
	case err == nil && cr.Operator == "not_equal":
		return condition{group: id, text: "NOT " + in, args: []any{id}}
	default:
		return condition{text: never}
	}
}
