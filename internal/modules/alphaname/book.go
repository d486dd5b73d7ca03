package alphaname

// A book is all usable senders as of one moment. It is never changed.
type book struct {
	accounts map[int64]*senders
}

// senders are those of one account, or the shared ones.
type senders struct {
	names    map[string]bool
	fallback string // where none, or none that is usable, was asked for; "" = there is none
}

// newBook sorts senders, which come in order of id. A shared one is always good
// for a fallback, the oldest where none is the default; an account's own only if
// it is the default.
func newBook(all []Alphaname) *book {
	b := &book{accounts: map[int64]*senders{}}
	for _, a := range all {
		if a.Status != Usable {
			continue
		}
		own := b.accounts[a.AccountID]
		if own == nil {
			own = &senders{names: map[string]bool{}}
			b.accounts[a.AccountID] = own
		}
		own.names[a.Name] = true
		if a.Default || a.AccountID == Shared && own.fallback == "" {
			own.fallback = a.Name
		}
	}
	return b
}

func (b *book) resolve(accountID int64, from string) (name string, ok bool) {
	own, shared := b.accounts[accountID], b.accounts[Shared]
	switch {
	case from != "" && b.usable(accountID, from):
		return from, true
	case own != nil && own.fallback != "":
		return own.fallback, true
	case shared != nil:
		return shared.fallback, true
	}
	return "", false
}

func (b *book) usable(accountID int64, name string) bool {
	return b.accounts[accountID].has(name) || b.accounts[Shared].has(name)
}

func (s *senders) has(name string) bool { return s != nil && s.names[name] }
