package campaign

import (
	"cmp"
	"slices"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// entry is a campaign in a list: one of many messages, or a message sent singly.
type entry struct {
	bulk   *Bulk
	single *message.Record
}

// order is a sort with nothing left open: its last key is the id, so that pages
// neither overlap nor skip.
type order []orderKey

type orderKey struct {
	*sortField
	name string
	desc bool
}

// sortField is a field of the sort parameter. What is unset sorts below all that is set.
type sortField struct {
	expr   string // of table campaign, as its index has it
	bulk   func(*Bulk) sortValue
	single func(*message.Record) sortValue // nil = all single messages are alike, with
	alike  int64
}

// sortValue is what is compared: of each field either the number or the text.
type sortValue struct {
	number int64
	text   string
}

func number[T int | int64](n T) sortValue { return sortValue{number: int64(n)} }

func folded(s string) sortValue { return sortValue{text: message.FoldName(s)} }

// sortFields are the fields of the contract's §4.
func sortFields() map[string]*sortField {
	return map[string]*sortField{
		"id": {"id", func(b *Bulk) sortValue { return number(b.ID) },
			func(r *message.Record) sortValue { return number(r.ID) }, 0},
		"name": {"name_folded", func(b *Bulk) sortValue { return folded(b.Name) },
			func(r *message.Record) sortValue { return folded(r.Name) }, 0},
		"from": {"sender", func(b *Bulk) sortValue { return sortValue{text: b.From} },
			func(r *message.Record) sortValue { return sortValue{text: r.Sender} }, 0},
		"counters.totalMsgNum": {"messages", func(b *Bulk) sortValue { return number(b.Messages) }, nil, 1},
		"counters.totalCost": {"cost", func(b *Bulk) sortValue { return number(int64(b.Cost)) },
			func(r *message.Record) sortValue { return number(int64(r.Cost())) }, 0},
		"createTs": {"created_ms", func(b *Bulk) sortValue { return number(b.CreatedMs) },
			func(r *message.Record) sortValue { return number(r.CreatedMs) }, 0},
		"startSendTs": {startExpr, func(b *Bulk) sortValue { return number(b.StartSendMs) },
			func(r *message.Record) sortValue { return number(r.StartSendMs) }, 0},
		"endSendTs": {"coalesce(end_send_ms, 0)", func(b *Bulk) sortValue { return number(b.EndSendMs) },
			func(r *message.Record) sortValue { return number(r.EndSendMs()) }, 0},
		"type": {"type", func(b *Bulk) sortValue { return number(int64(b.Type)) }, nil, int64(SingleMessage)},
	}
}

const startExpr = "coalesce(start_send_ms, 0)"

// orderOf makes an order of a sort. The id goes the way of the key before it, as in the
// indexes; without any it is newest first.
func orderOf(fields map[string]*sortField, sort api.Sort) (o order) {
	desc := len(sort) == 0
	for _, key := range sort {
		desc = key.Desc
		o = append(o, orderKey{fields[key.Field], key.Field, desc})
		if key.Field == "id" {
			return o // what follows would decide nothing
		}
	}
	return append(o, orderKey{fields["id"], "id", desc})
}

// singles is the order as far as it tells single messages apart.
func (o order) singles() (sort api.Sort) {
	for _, key := range o {
		if key.single != nil {
			sort = append(sort, api.SortKey{Field: key.name, Desc: key.desc})
		}
	}
	return sort
}

func (o order) String() string {
	keys := make([]string, len(o))
	for i, key := range o {
		keys[i] = key.expr + db.Direction(key.desc, false)
	}
	return db.OrderBy(keys)
}

// place is where a campaign stands in an order: its values of the order's keys.
type place []sortValue

func (o order) placeOf(e entry) place {
	at := make(place, len(o))
	for i, key := range o {
		at[i] = key.of(e)
	}
	return at
}

func (f *sortField) of(e entry) sortValue {
	switch {
	case e.bulk != nil:
		return f.bulk(e.bulk)
	case f.single != nil:
		return f.single(e.single)
	default:
		return number(f.alike)
	}
}

func (o order) compare(a, b place) int {
	for i, key := range o {
		c := cmp.Or(cmp.Compare(a[i].number, b[i].number), cmp.Compare(a[i].text, b[i].text))
		if key.desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

func (o order) sort(all []entry) {
	slices.SortFunc(all, func(a, b entry) int { return o.compare(o.placeOf(a), o.placeOf(b)) })
}

// narrow limits a search to what comes behind a place; nil is the beginning.
func (o order) narrow(w *db.Where, at place) {
	if at == nil {
		return
	}
	condition, args := o.behind(at)
	if len(o) > 1 && !slices.ContainsFunc(o, func(key orderKey) bool { return key.desc != o[0].desc }) {
		condition, args = o.past(at)
	}
	w.Holds(condition, args...)
}

// past compares all keys at once, which an index can be entered by.
func (o order) past(at place) (condition string, args []any) {
	exprs := make([]string, len(o))
	for i, key := range o {
		exprs[i], args = key.expr, append(args, key.arg(at[i]))
	}
	marks := strings.Repeat(", ?", len(o))[2:]
	return "(" + strings.Join(exprs, ", ") + ")" + o[0].sign() + "(" + marks + ")", args
}

// behind is: the first key is not before the place's, and past it or behind in the rest.
func (o order) behind(at place) (condition string, args []any) {
	key, value := o[0], o[0].arg(at[0])
	past := key.expr + key.sign() + "?"
	if len(o) == 1 {
		return past, []any{value}
	}
	rest, restArgs := o[1:].behind(at[1:])
	notBefore := key.expr + strings.TrimSpace(key.sign()) + "= ?"
	return notBefore + " AND (" + past + " OR " + rest + ")", append([]any{value, value}, restArgs...)
}

func (k orderKey) sign() string {
	if k.desc {
		return " < "
	}
	return " > "
}

func (k orderKey) arg(v sortValue) any {
	if k.name == "name" || k.name == "from" {
		return v.text
	}
	return v.number
}
