package api

import (
	"fmt"
	"slices"
	"strings"
)

// Moderation says which of an account's texts a moderator has to agree to before
// anybody gets them. The numbers are stored.
type Moderation int64

const (
	NeverModerated   Moderation = iota
	AlwaysModerated             // all
	ModeratedByRules            // those that package moderation's rules pick
)

var moderationWords = []string{"never", "always", "rules"}

func (m Moderation) String() string {
	if m < 0 || int(m) >= len(moderationWords) {
		return fmt.Sprintf("Moderation(%d)", int64(m))
	}
	return moderationWords[m]
}

// MarshalText gives the word.
func (m Moderation) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads never, always or rules.
func (m *Moderation) UnmarshalText(text []byte) error {
	at := slices.Index(moderationWords, string(text))
	if at < 0 {
		return fmt.Errorf("must be one of %s", strings.Join(moderationWords, ", "))
	}
	*m = Moderation(at)
	return nil
}
