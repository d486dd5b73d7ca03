package contactcard_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/contactcard"
)

// model is what an account's contacts must be, said without SQL: the groups of each
// card that is there, and the groups that are there.
type model struct {
	cards  map[int64]map[int64]bool
	groups map[int64]bool
}

func (m *model) anyCard(rt *rapid.T) int64  { return pick(rt, m.cards, "card") }
func (m *model) anyGroup(rt *rapid.T) int64 { return pick(rt, m.groups, "group") }

// pick is one of a map's keys; 0 = it has none.
func pick[V any](rt *rapid.T, from map[int64]V, label string) int64 {
	keys := slices.Sorted(maps.Keys(from))
	if len(keys) == 0 {
		return 0
	}
	return rapid.SampledFrom(keys).Draw(rt, label)
}

// TestCountsEqualARecount after any sequence of changes. What leaves a deleted group in
// the background is counted once it has left.
func TestCountsEqualARecount(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		rapid.Check(t, func(rt *rapid.T) {
			a, m, made := w.account(), &model{map[int64]map[int64]bool{}, map[int64]bool{}}, 0
			rt.Repeat(map[string]func(*rapid.T){
				"create": func(*rapid.T) { m.cards[w.card(a, "name=x")] = map[int64]bool{} },
				"group": func(*rapid.T) {
					made++
					m.groups[w.group(a, fmt.Sprint("g", made))] = true
				},
				"fill": func(rt *rapid.T) {
					ids, err := w.cards.Fill(t.Context(), a.id, make([]map[string]string, 3))
					w.ok(err)
					for _, id := range ids {
						m.cards[id] = map[int64]bool{}
					}
				},
				"setGroups": func(rt *rapid.T) {
					card, into := m.anyCard(rt), map[int64]bool{}
					if card == 0 {
						rt.Skip("no card")
					}
					for range rapid.IntRange(0, 3).Draw(rt, "groups") {
						if group := m.anyGroup(rt); group != 0 {
							into[group] = true
						}
					}
					w.join(a, card, slices.Collect(maps.Keys(into))...)
					m.cards[card] = into
				},
				"delete a card": func(rt *rapid.T) {
					if card := m.anyCard(rt); card != 0 {
						w.get(a, "contactCard/delete", "id="+itoa(card), api.CodeOK, nil)
						delete(m.cards, card)
					}
				},
				"delete a group": func(rt *rapid.T) {
					if group := m.anyGroup(rt); group != 0 {
						w.get(a, "contactGroup/delete", "id="+itoa(group), api.CodeOK, nil)
						delete(m.groups, group)
						for _, groups := range m.cards {
							delete(groups, group)
						}
					}
				},
				"sweep": func(*rapid.T) { w.sweep() },
				"":      func(rt *rapid.T) { w.sameGroups(rt, a, m) },
			})
			w.sweep()
			w.sameCounts(rt, a, m)
		})
	})
}

// sameGroups compares what cards tell of their groups.
func (w *world) sameGroups(rt *rapid.T, a account, m *model) {
	card := m.anyCard(rt)
	if card == 0 {
		return
	}
	var groups []struct {
		ID int64 `json:"id,string"`
	}
	w.get(a, "contactCard/getGroups", "id="+itoa(card), api.CodeOK, &groups)
	got := map[int64]bool{}
	for _, g := range groups {
		got[g.ID] = true
	}
	if !maps.Equal(got, m.cards[card]) {
		rt.Fatalf("card %d is in %v, want %v", card, got, m.cards[card])
	}
}

// sameCounts compares every count there is, and what lists find with them.
func (w *world) sameCounts(rt *rapid.T, a account, m *model) {
	want := map[int64]int{-1: 0}
	for id := range m.groups {
		want[id] = 0
	}
	for _, groups := range m.cards {
		for id := range groups {
			want[id]++
		}
		if len(groups) == 0 {
			want[-1]++
		}
	}
	for id, n := range want {
		var counted string
		w.get(a, "contactGroup/getCardsCount", "id="+itoa(id), api.CodeOK, &counted)
		form := "criteria[0][field]=groupId&criteria[0][value]=" + itoa(id)
		if id == -1 {
			form = "criteria[0][field]=groupId&criteria[0][operator]=empty"
		}
		var list struct {
			Items                             []any
			TotalItemCount, FullListItemCount string
		}
		w.get(a, "contactCard/list", form+"&pagination[pageSize]=100", api.CodeOK, &list)
		if counted != fmt.Sprint(n) || list.TotalItemCount != counted || len(list.Items) != min(n, 100) || list.FullListItemCount != fmt.Sprint(len(m.cards)) {
			rt.Fatalf("group %d: %s counted, %d of %s listed, want %d; %s cards, want %d", id, counted, len(list.Items), list.TotalItemCount, n,
				list.FullListItemCount, len(m.cards))
		}
	}
}

// TestAGroupOfManyIsDeletedAtOnceAndEmptiedInTheBackground, in chunks; nobody sees it
// meanwhile.
func TestAGroupOfManyIsDeletedAtOnceAndEmptiedInTheBackground(t *testing.T) {
	const many = 20_000
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		big, other := w.group(a, "Big"), w.group(a, "Other")
		_, err := w.cards.Fill(t.Context(), a.id, make([]map[string]string, many), big)
		w.ok(err)
		ids, err := w.cards.Fill(t.Context(), a.id, make([]map[string]string, 300), big, other)
		w.ok(err)
		same(t, "the group before", w.call(a, "contactGroup/getCardsCount", "id="+itoa(big)).Data, fmt.Sprintf(`"%d"`, many+300))
		same(t, "delete", w.call(a, "contactGroup/delete", "id="+itoa(big)).Data, fmt.Sprintf(`{"processed":["%d"],"notProcessed":[]}`, big))

		if n := w.count("SELECT count(*) FROM contact_member WHERE group_id = $1", big); n != many+300 {
			t.Errorf("delete itself took %d cards out", many+300-n)
		}
		w.get(a, "contactGroup/getCardsCount", "id="+itoa(big), api.CodeNotFound, nil)
		of := "criteria[0][field]=groupId&criteria[0][value]=" + itoa(big)
		same(t, "list", w.call(a, "contactCard/list", of).Data, `{"items":[],"totalItemCount":"0","fullListItemCount":"20300"}`)
		var rest struct{ TotalItemCount string }
		if w.get(a, "contactCard/list", of+"&criteria[0][operator]=not_equal", api.CodeOK, &rest); rest.TotalItemCount != fmt.Sprint(many+300) {
			t.Errorf("%s cards are not in a group that there is not", rest.TotalItemCount)
		}
		same(t, "getGroups", w.call(a, "contactCard/getGroups", "id="+itoa(ids[0])).Data, fmt.Sprintf(`[{"id":"%d","name":"Other"}]`, other))
		w.get(a, "contactCard/setGroups", fmt.Sprintf("id=%d&groupIds=%d,%d", ids[0], big, other), api.CodeNotFound, nil) // nor may it stay in
		w.group(a, "big")                                                                                                 // the name is free again

		commits := w.db.WriterStats().Commits.Load()
		w.sweep()
		if n := w.db.WriterStats().Commits.Load() - commits; n < (many+300)/contactcard.SweepChunk {
			t.Errorf("emptied in %d transactions", n)
		}
		same(t, "cards in no group", w.call(a, "contactGroup/getCardsCount", "id=-1").Data, fmt.Sprintf(`"%d"`, many))
		same(t, "cards in the other group", w.call(a, "contactGroup/getCardsCount", "id="+itoa(other)).Data, `"300"`)
		if n := w.count("SELECT count(*) FROM contact_member WHERE group_id = $1", big); n != 0 {
			t.Errorf("%d cards are left in the group", n)
		}
	})
}

// TestTheSweeperEmptiesGroupsByItself once it was started.
func TestTheSweeperEmptiesGroupsByItself(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		group := w.group(a, "G")
		w.join(a, w.card(a, "name=Ann"), group)
		w.get(a, "contactGroup/delete", "id="+itoa(group), api.CodeOK, nil)
		w.ok(w.cards.Sweeper().Start(t.Context()))
		defer func() { w.ok(w.cards.Sweeper().Stop(t.Context())) }()
		w.becomes(0, "SELECT count(*) FROM contact_member")
	})
}

func TestACampaignGetsTheCardsOfAGroupInOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a, other := w.account(), w.account()
		group, empty := w.group(a, "G"), w.group(a, "Empty")
		var ids []int64
		for i := range 7 {
			id := w.card(a, fmt.Sprint("mobile=7701000000", i), "email[value]=a@b.example", "email[type]=JOB", "address[city]=Алматы")
			if i != 3 {
				w.join(a, id, group)
				ids = append(ids, id)
			}
		}
		foreign := w.card(other, "name=Bob")
		w.ok(w.db.Read(t.Context(), func(q *db.Reader) error {
			var got []int64
			for after, limit := int64(0), 4; limit > 0; {
				page, err := w.cards.InGroup(q, a.id, group, after, limit)
				w.ok(err)
				for _, r := range page {
					got, after = append(got, r.CardID), r.CardID
				}
				if len(page) < limit {
					limit = 0
				}
			}
			if !slices.Equal(got, ids) {
				t.Errorf("cards %v, want %v", got, ids)
			}
			for what, group := range map[string]int64{"an empty group": empty, "no group": 99} {
				if page, err := w.cards.InGroup(q, a.id, group, 0, 4); err != nil || len(page) > 0 {
					t.Errorf("%s: %v, %v", what, page, err)
				}
			}
			if page, err := w.cards.InGroup(q, other.id, group, 0, 4); err != nil || len(page) > 0 {
				t.Errorf("another's group: %v, %v", page, err)
			}
			found, err := w.cards.Recipients(q, a.id, []int64{ids[1], foreign, 99})
			want := map[string]string{"mobile": "77010000001", "email": "a@b.example", "address.city": "Алматы"}
			if err != nil || len(found) != 1 || !maps.Equal(found[ids[1]].Fields, want) {
				t.Errorf("recipients %v, %v", found, err)
			}
			groups, err := w.groups.Groups(q, a.id, []int64{empty, group, 99})
			if err != nil || len(groups) != 2 || groups[0].Name != "G" || groups[0].Cards != int64(len(ids)) || groups[1].ID != empty {
				t.Errorf("groups %v, %v", groups, err)
			}
			if groups, err := w.groups.Groups(q, other.id, []int64{group}); err != nil || len(groups) > 0 {
				t.Errorf("another's groups: %v, %v", groups, err)
			}
			return nil
		}))
	})
}
