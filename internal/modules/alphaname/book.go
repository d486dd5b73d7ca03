package alphaname

import "slices"

// A book is all usable senders and all rules as of one moment. It is never changed.
type book struct {
	accounts map[int64]*senders
	rules    map[string]*Rule // by country
}

// senders are those of one account, or the shared ones.
type senders struct {
	names     map[string]*Alphaname
	fallbacks []*Alphaname // what is tried, in this order, where none that is usable was asked for
}

// place is where and when a sender is to be used.
type place struct {
	country string // "" = anywhere
	nowMs   int64
}

// newBook sorts senders, which come in order of id. Each shared one is good for a
// fallback, the default first; of an account's own only the default is.
func newBook(all []Alphaname, rules []Rule) *book {
	b := &book{accounts: map[int64]*senders{}, rules: map[string]*Rule{}}
	for i := range rules {
		b.rules[rules[i].Country] = &rules[i]
	}
	for i := range all {
		if all[i].Status == Usable {
			b.add(&all[i])
		}
	}
	return b
}

func (b *book) add(a *Alphaname) {
	own := b.accounts[a.AccountID]
	if own == nil {
		own = &senders{names: map[string]*Alphaname{}}
		b.accounts[a.AccountID] = own
	}
	own.names[a.Name] = a
	switch {
	case a.Default:
		own.fallbacks = slices.Insert(own.fallbacks, 0, a)
	case a.AccountID == Shared:
		own.fallbacks = append(own.fallbacks, a)
	}
}

func (b *book) resolve(accountID int64, from string, at place) (name string, ok bool) {
	if from != "" && b.usable(accountID, from, at) {
		return from, true
	}
	for _, id := range [...]int64{accountID, Shared} {
		if own := b.accounts[id]; own != nil {
			for _, a := range own.fallbacks {
				if b.allows(a, at) {
					return a.Name, true
				}
			}
		}
	}
	return "", false
}

func (b *book) usable(accountID int64, name string, at place) bool {
	for _, id := range [...]int64{accountID, Shared} {
		if own := b.accounts[id]; own != nil {
			if a := own.names[name]; a != nil && b.allows(a, at) {
				return true
			}
		}
	}
	return false
}

// allows tells whether a sender's approval still holds and the country's rule, where
// there is one, is kept.
func (b *book) allows(a *Alphaname, at place) bool {
	if a.Expires != 0 && a.Expires <= at.nowMs {
		return false
	}
	rule := b.rules[at.country]
	return rule == nil || rule.allows(a)
}
