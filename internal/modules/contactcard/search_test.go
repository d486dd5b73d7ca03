package contactcard_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/contactcard"
)

// known is a card as the reference filter sees it.
type known struct {
	id      int64
	values  map[string]string
	created time.Time // in the account's zone
	groups  map[string]bool
}

func (k *known) folded(field string) string { return strings.ToLower(k.values[field]) }

// criterion is a condition of a list, with what it must mean said without SQL.
type criterion struct{ field, operator, value string }

func (c criterion) holds(k *known) bool {
	switch field := strings.TrimSuffix(c.field, ".value"); field {
	case "groupId":
		return c.holdsGroups(k.groups)
	case "createTs":
		return c.compare(k.created.Format(time.DateTime), func(has, value string) bool { return strings.HasPrefix(has, value) })
	case "mobile", "viber", "whatsapp", "landline":
		digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, c.value)
		if digits == "" && c.operator != "empty" {
			return false
		}
		return criterion{"", c.operator, digits}.compare(k.folded(field), func(has, value string) bool { return has == value })
	default:
		return c.compare(k.folded(field), func(has, value string) bool { return has == value })
	}
}

// compare: times on the wire sort as instants do, and a date is the beginning of its
// times.
func (c criterion) compare(has string, equal func(has, value string) bool) bool {
	value := strings.ToLower(c.value)
	switch c.operator {
	case "not_equal":
		return !equal(has, value)
	case "contain":
		return has != "" && strings.Contains(has, value)
	case "from":
		return has != "" && has >= value
	case "to":
		return has != "" && (has <= value || equal(has, value))
	case "empty":
		return has == ""
	default:
		return equal(has, value)
	}
}

func (c criterion) holdsGroups(groups map[string]bool) bool {
	switch c.operator {
	case "not_equal":
		return !groups[c.value]
	case "empty":
		return len(groups) == 0
	case "equal", "":
		return groups[c.value]
	default:
		return false
	}
}

// given are the values that random cards have, few enough to meet often.
func given() map[string][]string {
	return map[string][]string{
		"name":              {"Анна", "анна", "Ann", "ЁЖ", "Žluť", "100%", "a_b", `back\slash`, "Ann-Marie"},
		"surname":           {"Петрова", "ПЕТРОВ", "Lee", "О'Хара", "Å"},
		"mobile":            {"77010000001", "77010000002", "77770701000", "5511987654321"},
		"email":             {"ann@example.com", "ANN@EXAMPLE.COM", "b@пример.рф"},
		"viber":             {"77010000001", "79990000001"},
		"landline":          {"77272500000"},
		"telegram":          {"@ann", "@Ann_1"},
		"gender":            {"male", "female"},
		"info":              {"Постоянный клиент", "no % here", "_"},
		"title":             {"Dr", "г-жа"},
		"birth_date":        {"1990-02-28", "2001-12-31"},
		"company_name":      {"Рога & Копыта", "ACME"},
		"address.city":      {"Алматы", "алматы", "São Paulo"},
		"address.countryA2": {"KZ", "BR"},
		"address.regionId":  {"7", "12"},
	}
}

// population are cards of an account, made over some days.
func (w *world) population(a account, n int) (all []*known) {
	random := rand.New(rand.NewPCG(2026, 11))
	zone, err := time.LoadLocation("Asia/Almaty")
	w.ok(err)
	groups := []int64{w.group(a, "A"), w.group(a, "B")}
	for range n {
		k := &known{values: map[string]string{}, created: w.clock.Now().In(zone), groups: map[string]bool{}}
		given := given()
		for _, field := range slices.Sorted(maps.Keys(given)) {
			if random.IntN(3) > 0 {
				k.values[field] = given[field][random.IntN(len(given[field]))]
			}
		}
		for _, name := range []string{"mobile", "email", "viber", "landline", "telegram"} {
			if k.values[name] != "" {
				k.values[name+".type"] = []string{"MAIN", "JOB", "HOME"}[random.IntN(3)]
			}
		}
		var into []int64
		for _, group := range groups {
			if random.IntN(2) > 0 {
				into, k.groups[itoa(group)] = append(into, group), true
			}
		}
		ids, err := w.cards.Fill(w.t.Context(), a.id, []map[string]string{k.values}, into...)
		w.ok(err)
		k.id = ids[0]
		all = append(all, k)
		w.clock.Advance(time.Duration(random.IntN(10)) * time.Hour)
	}
	return all
}

// drawCriterion takes values from cards, or parts of them in letters of another case.
func drawCriterion(rt *rapid.T, cards []*known) criterion {
	c := criterion{operator: rapid.SampledFrom([]string{"", "equal", "not_equal", "contain", "from", "to", "empty"}).Draw(rt, "operator")}
	k := rapid.SampledFrom(cards).Draw(rt, "card")
	switch rapid.IntRange(0, 5).Draw(rt, "kind") {
	case 0:
		c.field, c.value = "groupId", rapid.SampledFrom([]string{"1", "2", "3", "99", "x"}).Draw(rt, "group")
		if c.value == "x" && c.operator == "not_equal" {
			c.value = "99"
		}
	case 1:
		c.field, c.value = "createTs", rapid.SampledFrom([]string{k.created.Format(time.DateTime), k.created.Format(time.DateOnly)}).Draw(rt, "time")
	default:
		c.field = rapid.SampledFrom(contactcard.FieldNames()).Draw(rt, "field")
		c.value = drawPart(rt, k.values[c.field])
		if communication := slices.Contains([]string{"mobile", "email", "viber", "telegram"}, c.field); communication && rapid.Bool().Draw(rt, ".value") {
			c.field += ".value"
		}
	}
	return c
}

func drawPart(rt *rapid.T, value string) string {
	letters := []rune(value)
	if len(letters) == 0 {
		return rapid.SampledFrom([]string{"а", "x", "%", "_", "77"}).Draw(rt, "value")
	}
	if rapid.Bool().Draw(rt, "part") {
		from := rapid.IntRange(0, len(letters)-1).Draw(rt, "from")
		letters = letters[from:rapid.IntRange(from+1, len(letters)).Draw(rt, "to")]
	}
	return rapid.SampledFrom([]func(string) string{strings.ToUpper, strings.ToLower, strings.Clone}).Draw(rt, "case")(string(letters))
}

// TestAListFindsWhatItsCriteriaSay with every operator on every field, in every order,
// page by page; whichever way it is gone about.
func TestAListFindsWhatItsCriteriaSay(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a, other := w.account(), w.account()
		foreign, err := w.cards.Fill(t.Context(), other.id, []map[string]string{{"name": "Анна", "mobile": "77010000001"}})
		w.ok(err)
		w.join(other, foreign[0], w.group(other, "Foreign"))
		cards := w.population(a, 40)
		rapid.Check(t, func(rt *rapid.T) {
			rare := rapid.SampledFrom([]int64{1, 3, 1000}).Draw(rt, "rare")
			w.cards.TakeForMany(0, rare, rapid.SampledFrom([]int{1000, 3, 0}).Draw(rt, "few"))
			w.sameList(rt, a, cards)
		})
	})
}

// sameList draws a search and compares all its pages with the reference.
func (w *world) sameList(rt *rapid.T, a account, cards []*known) {
	form, want := url.Values{}, slices.Clone(cards)
	for i := range rapid.IntRange(0, 3).Draw(rt, "criteria") {
		c := drawCriterion(rt, cards)
		at := fmt.Sprintf("criteria[%d]", i)
		form.Set(at+"[field]", c.field)
		form.Set(at+"[operator]", c.operator)
		form.Set(at+"[value]", c.value)
		want = slices.DeleteFunc(want, func(k *known) bool { return !c.holds(k) })
	}
	query, compare := drawSort(rt)
	slices.SortFunc(want, compare)
	size := rapid.IntRange(4, 20).Draw(rt, "size")
	var got []int64
	for page := 0; ; page++ {
		var list struct {
			Items []struct {
				ID int64 `json:"id,string"`
			}
			TotalItemCount, FullListItemCount string
		}
		w.get(a, "contactCard/list", fmt.Sprintf("%s%s&pagination[pageSize]=%d&pagination[currentPage]=%d", form.Encode(), query, size, page), api.CodeOK, &list)
		if list.TotalItemCount != fmt.Sprint(len(want)) || list.FullListItemCount != fmt.Sprint(len(cards)) {
			rt.Fatalf("%s: %s of %s found, want %d of %d", form, list.TotalItemCount, list.FullListItemCount, len(want), len(cards))
		}
		for _, item := range list.Items {
			got = append(got, item.ID)
		}
		if len(list.Items) < size {
			break
		}
	}
	if ids := idsOf(want); !slices.Equal(got, ids) {
		rt.Fatalf("%s%s: found %v, want %v", form, query, got, ids)
	}
}

func idsOf(cards []*known) (ids []int64) {
	for _, k := range cards {
		ids = append(ids, k.id)
	}
	return ids
}

// drawSort gives an order as parameters and as it must be. The id goes the way of the
// key before it.
func drawSort(rt *rapid.T) (query string, compare func(a, b *known) int) {
	byID := func(a, b *known) int { return cmp.Compare(b.id, a.id) }
	var keys []func(a, b *known) int
	for _, field := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"fullName", "surname", "mobile", "id"}), 0, 3, rapid.ID).Draw(rt, "sort") {
		sign, direction := 1, "ASC"
		if rapid.Bool().Draw(rt, "descending") {
			sign, direction = -1, "desc"
		}
		query += "&sort[" + field + "]=" + direction
		by := map[string][]string{"fullName": {"name", "surname"}, "surname": {"surname"}, "mobile": {"mobile"}}[field]
		byID = func(a, b *known) int { return sign * cmp.Compare(a.id, b.id) }
		if field == "id" {
			keys = append(keys, byID)
		}
		for _, name := range by {
			keys = append(keys, func(a, b *known) int { return sign * cmp.Compare(a.folded(name), b.folded(name)) })
		}
	}
	last := byID
	return query, func(a, b *known) int {
		for _, key := range append(slices.Clip(keys), last) {
			if c := key(a, b); c != 0 {
				return c
			}
		}
		return 0
	}
}

// TestWhatIsNoConditionNarrowsNothing, and what nothing can be finds nothing.
func TestWhatIsNoConditionNarrowsNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		w.card(a, "name=Ann", "mobile=77010000001")
		for form, want := range map[string]string{
			"criteria[0][field]=name":                                                                                 "1",
			"criteria[0][field]=name&criteria[0][value]=":                                                             "1",
			"criteria[0][value]=x":                                                                                    "1",
			"criteria[7][field]=name&criteria[7][value]=ann":                                                          "1",
			"criteria[0][field]=mobile&criteria[0][value]=%2B7 (701) 000-00-01":                                       "1",
			"criteria[0][field]=colour&criteria[0][value]=red":                                                        "0",
			"criteria[0][field]=name.value&criteria[0][value]=Ann":                                                    "0",
			"criteria[0][field]=name&criteria[0][operator]=like&criteria[0][value]=A":                                 "0",
			"criteria[0][field]=name&criteria[0][value][x]=Ann":                                                       "0",
			"criteria[0][field]=createTs&criteria[0][value]=yesterday":                                                "0",
			"criteria[0][field]=createTs&criteria[0][operator]=empty":                                                 "0",
			"criteria[0][field]=name&criteria[0][operator]=contain&criteria[0][value]=" + strings.Repeat("a", 60_000): "0",
		} {
			var list struct{ TotalItemCount string }
			if w.get(a, "contactCard/list", form, api.CodeOK, &list); list.TotalItemCount != want {
				t.Errorf("%.100s: %s found, want %s", form, list.TotalItemCount, want)
			}
		}
	})
}

// TestPagesNeitherOverlapNorSkipWhileCardsCome: the next page goes on where the last
// one ended.
func TestPagesNeitherOverlapNorSkipWhileCardsCome(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		var want, got []int64
		for i := range 10 {
			want = append(want, w.card(a, fmt.Sprintf("surname=M%d", i)))
		}
		for page := range 4 {
			var list struct {
				Items []struct {
					ID int64 `json:"id,string"`
				}
			}
			w.get(a, "contactCard/list", fmt.Sprintf("sort[surname]=ASC&pagination[pageSize]=3&pagination[currentPage]=%d", page), api.CodeOK, &list)
			for _, item := range list.Items {
				got = append(got, item.ID)
			}
			w.card(a, fmt.Sprintf("surname=A%d", page)) // before the pages to come
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages show %v, want %v", got, want)
		}
	})
}

// TestACountMayBeRememberedInAnAccountOfMany for half a minute, and only there.
func TestACountMayBeRememberedInAnAccountOfMany(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		w.cards.TakeForMany(2, 0, 0)
		counts := func(want string) {
			t.Helper()
			var list struct{ TotalItemCount string }
			if w.get(a, "contactCard/list", "criteria[0][field]=name&criteria[0][value]=ann", api.CodeOK, &list); list.TotalItemCount != want {
				t.Errorf("%s found, want %s", list.TotalItemCount, want)
			}
		}
		for _, want := range []string{"1", "2"} {
			w.card(a, "name=Ann")
			counts(want)
		}
		w.card(a, "name=Ann")
		counts("2")
		w.clock.Advance(30 * time.Second)
		counts("3")
	})
}
