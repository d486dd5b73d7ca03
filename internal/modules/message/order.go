package message

import (
	"cmp"
	"slices"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message/column"
)

// order is a sort with nothing left open: its last key is the id.
type order []orderKey

type orderKey struct {
	*sortField
	desc bool
}

// sortField is a field of the sort parameter. What is unset sorts below all that is
// set, and so does what expr makes of it.
type sortField struct {
	column   string      // of table message; "" = folded, the engines don't know its order
	nullable bool        // then direction must say where that goes
	expr     string      // the value as SQL
	in       column.Name // of a block; noColumn = blocks don't have it
	of       func(r *Record) sortValue
}

const noColumn = column.Width

// sortValue is what is compared: of each field either the number or the text.
type sortValue struct {
	number int64
	text   string
}

func compareValues(a, b sortValue) int {
	if c := cmp.Compare(a.number, b.number); c != 0 {
		return c
	}
	return cmp.Compare(a.text, b.text)
}

func byNumber(of func(r *Record) int64) func(*Record) sortValue {
	return func(r *Record) sortValue { return sortValue{number: of(r)} }
}

func byText(of func(r *Record) string) func(*Record) sortValue {
	return func(r *Record) sortValue { return sortValue{text: of(r)} }
}

// sortFields are the fields of the contract's §3.
func sortFields() map[string]*sortField {
	return map[string]*sortField{
		"id":         {"id", false, "id", column.ID, byNumber(func(r *Record) int64 { return r.ID })},
		"campaignId": {"campaign_id", false, "campaign_id", column.Campaign, byNumber(func(r *Record) int64 { return r.CampaignID })},
		"from":       {"sender", false, "sender", column.From, byText(func(r *Record) string { return r.Sender })},
		"to":         {"recipient", false, "recipient", column.To, byNumber(func(r *Record) int64 { return column.Number(r.Recipient) })},
		"text":       {textColumn, false, textColumn, noColumn, byText(func(r *Record) string { return r.Text })},
		"status":     {"status", false, "status", column.Status, byNumber(func(r *Record) int64 { return int64(r.Status) })},
		"startSendTs": {"start_send_ms", true, "coalesce(start_send_ms, 0)", column.Start,
			byNumber(func(r *Record) int64 { return r.StartSendMs })},
		"statusUpdateTs": {"status_update_ms", true, "coalesce(status_update_ms, 0)", column.Update,
			byNumber(func(r *Record) int64 { return r.StatusUpdateMs })},
		"segNum": {"seg_num", false, "seg_num", column.SegNum, byNumber(func(r *Record) int64 { return int64(r.SegNum) })},
	}
}

// orderOf makes an order of a sort: no two records are alike in it, so that pages
// neither overlap nor skip; without any other key it is newest first.
func (m *Module) orderOf(sort api.Sort) order { return orderBy(m.sortFields, sort) }

func orderBy(fields map[string]*sortField, sort api.Sort) order {
	var o order
	for _, key := range sort {
		o = append(o, orderKey{fields[key.Field], key.Desc})
		if key.Field == "id" {
			return o // what follows would decide nothing
		}
	}
	return append(o, orderKey{fields["id"], true})
}

// clause is the order as SQL.
func (o order) clause() string {
	var keys []string
	for _, key := range o {
		keys = append(keys, key.column+db.Direction(key.desc, key.nullable))
	}
	return db.OrderBy(keys)
}

// byID tells whether nothing but the id decides.
func (o order) byID() bool { return len(o) == 1 }

// mutable tells whether the order depends on what changes until a message is final.
func (o order) mutable() bool {
	return slices.ContainsFunc(o, func(key orderKey) bool { return mutable(key.in) })
}

// folded tells whether the order depends on what only Go folds.
func (o order) folded() bool {
	return slices.ContainsFunc(o, func(key orderKey) bool { return key.column == "" })
}

func mutable(name column.Name) bool {
	return name == column.Status || name == column.Start || name == column.Update
}

// place is where a record stands in an order: its values of the order's keys.
type place []sortValue

func (o order) placeOf(r *Record) place {
	at := make(place, len(o))
	for i, key := range o {
		at[i] = key.of(r)
	}
	return at
}

func (o order) compare(a, b place) int {
	for i, key := range o {
		if c := compareValues(a[i], b[i]); c != 0 {
			return key.sign(c)
		}
	}
	return 0
}

func (k orderKey) sign(c int) int {
	if k.desc {
		return -c
	}
	return c
}

// narrow limits a search to what comes behind a place; nil is the beginning.
func (o order) narrow(w *db.Where, at place) {
	if at == nil {
		return
	}
	condition, args := o.behind(at)
	w.Holds(condition, args...)
}

// behind is: the first key is past the place's, or equal and so on with the next.
func (o order) behind(at place) (condition string, args []any) {
	key, past := o[0], " > ?"
	if key.desc {
		past = " < ?"
	}
	value := key.arg(at[0])
	if len(o) == 1 {
		return key.expr + past, []any{value}
	}
	rest, restArgs := o[1:].behind(at[1:])
	return key.expr + past + " OR " + key.expr + " = ? AND (" + rest + ")", append([]any{value, value}, restArgs...)
}

func (k orderKey) arg(v sortValue) any {
	switch k.in {
	case column.From, noColumn:
		return v.text
	case column.To:
		return column.Digits(v.number)
	default:
		return v.number
	}
}
