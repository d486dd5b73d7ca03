package column_test

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/internal/modules/message/column"
)

// values draws a column whose values are near each other or far, some unset.
func values(t *rapid.T) []int64 {
	least := rapid.SampledFrom([]int64{1, 250, 1_772_366_400_000, 1 << 61}).Draw(t, "least")
	spread := rapid.SampledFrom([]int64{0, 1, 253, 254, 65_534, 1 << 32, 1 << 61}).Draw(t, "spread")
	value := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(least, least+spread))
	return rapid.SliceOfN(value, 0, 50).Draw(t, "values")
}

func TestAColumnComesBackAsItWas(t *testing.T) {
	room := make([]int64, 0, 8)
	rapid.Check(t, func(t *rapid.T) {
		want, version := values(t), rapid.Int64Min(0).Draw(t, "version")
		gotVersion, got, err := column.Decode(column.Encode(version, want), room)
		if err != nil || gotVersion != version || !slices.Equal(got, want) {
			t.Fatalf("%v of version %d (%v), want %v of %d", got, gotVersion, err, want, version)
		}
		room = got
	})
}

func TestAColumnTakesFewOctets(t *testing.T) {
	for most, octets := range map[int64]int{1254: 1, 1255: 2, 66_534: 2, 66_535: 4, 1000 + 1<<32 - 2: 4, 1000 + 1<<32: 8} {
		if got := len(column.Encode(1, []int64{1000, 0, most})) - 17; got != 3*octets {
			t.Errorf("1000 to %d: %d octets for three, want %d each", most, got, octets)
		}
	}
}

func TestDamagedColumnsAreRefused(t *testing.T) {
	whole := column.Encode(7, []int64{1000, 5000})
	rapid.Check(t, func(t *rapid.T) {
		data := slices.Clone(whole[:rapid.IntRange(0, len(whole)).Draw(t, "length")])
		if len(data) > 16 {
			data[16] = rapid.Byte().Draw(t, "width")
		}
		_, got, err := column.Decode(data, nil)
		if err != nil && !errors.Is(err, column.ErrDamaged) || err == nil && len(got) > len(data) {
			t.Fatalf("%d values, %v", len(got), err)
		}
	})
	if _, _, err := column.Decode(whole[:18], nil); !errors.Is(err, column.ErrDamaged) {
		t.Errorf("half a value: %v", err)
	}
}

var number = rapid.StringMatching(`[1-9][0-9]{6,14}`)

func TestNumbersSortAsTheirDigitsDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		if rapid.Bool().Draw(t, "begins alike") {
			b = (a + b)[:min(15, len(a)+1)]
		}
		if got := cmp.Compare(column.Number(a), column.Number(b)); got != cmp.Compare(a, b) || column.Digits(column.Number(a)) != a {
			t.Fatalf("%s and %s: %d; the first comes back as %s", a, b, got, column.Digits(column.Number(a)))
		}
	})
}

// row is one message before it was packed.
type row struct {
	sender, to, text string
	status, created  int64
}

func drawRow(t *rapid.T) row {
	return row{
		sender:  rapid.StringMatching(`[ab][a-j]`).Draw(t, "sender"),
		to:      rapid.StringMatching(`7[01]{6,8}`).Draw(t, "to"),
		text:    rapid.SampledFrom([]string{"", "Hi", "hi"}).Draw(t, "text"),
		status:  rapid.Int64Range(0, 3).Draw(t, "status"),
		created: rapid.Int64Range(1, 200).Draw(t, "created"),
	}
}

func (r row) pack(id int64) (p column.Row) {
	p.Sender = r.sender
	p.Values[column.ID], p.Values[column.To], p.Values[column.Text] = id, column.Number(r.to), column.Hash(r.text)
	p.Values[column.Status], p.Values[column.Created] = r.status, r.created
	return p
}

// drawCondition draws a condition, and what it means said of rows.
func drawCondition(t *rapid.T) (column.Condition, func(row) bool) {
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		name := rapid.StringMatching(`[abc][a-j]`).Draw(t, "from")
		return column.Sender(name), func(r row) bool { return r.sender == name }
	case 1:
		part := rapid.StringMatching(`[017]{1,16}`).Draw(t, "part")
		return column.Part(part), func(r row) bool { return strings.Contains(r.to, part) }
	case 2:
		one, other := rapid.Int64Range(1, 4).Draw(t, "one"), rapid.Int64Range(1, 4).Draw(t, "other")
		return column.OneOf(column.Status, one, other), func(r row) bool { return r.status == one || r.status == other }
	case 3:
		text := rapid.SampledFrom([]string{"Hi", "hi", "HI"}).Draw(t, "text")
		return column.OneOf(column.Text, column.Hash(text)), func(r row) bool { return r.text == text }
	default:
		from, before := rapid.Int64Range(-5, 210).Draw(t, "from"), rapid.Int64Range(-5, 210).Draw(t, "before")
		return column.Within(column.Created, &from, &before), func(r row) bool { return from <= r.created && r.created < before }
	}
}

// TestABlockFindsWhatItsRowsHold: by its summary where that knows, and by its columns.
func TestABlockFindsWhatItsRowsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(drawRow), 1, 100).Draw(t, "rows")
		packed := make([]column.Row, len(rows))
		for i, r := range rows {
			packed[i] = r.pack(int64(i) + 1)
		}
		summary, columns := column.Build(packed)
		var conditions []column.Condition
		var want []int32
		for i := range rows {
			want = append(want, int32(i))
		}
		chosen := slices.Clone(want)
		for range rapid.IntRange(0, 3).Draw(t, "conditions") {
			c, holds := drawCondition(t)
			conditions = append(conditions, c)
			want = slices.DeleteFunc(want, func(i int32) bool { return !holds(rows[i]) })
		}
		n, known, rest := column.Judge(summary, conditions)
		if known && n != len(want) {
			t.Fatalf("judged to have %d, has %v", n, want)
		}
		for _, c := range rest {
			chosen = column.Keep(summary, c, columns[c.Column()], chosen)
		}
		if n > 0 && !slices.Equal(chosen, want) || !known && !slices.Equal(chosen, want) {
			t.Fatalf("chose %v, want %v", chosen, want)
		}
	})
}
