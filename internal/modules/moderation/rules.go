package moderation

import (
	"regexp"
	"strings"
	"unicode"
)

const (
	reasonLink  = "link"
	reasonWords = "words: " // and which, apart by commas
)

// wordList is the operator's words as of one moment. It is never changed.
type wordList struct{ words []word }

type word struct {
	word   string // as it is listed
	needle string // what a folded text has in it that has the word
}

func newWordList(all []string) *wordList {
	list := &wordList{}
	for _, w := range all {
		list.words = append(list.words, word{w, needle(w)})
	}
	return list
}

// reasons are why the rules want a text to be seen by a moderator.
func (l *wordList) reasons(text string) (all []string) {
	if found := l.in(text); len(found) > 0 {
		all = append(all, reasonWords+strings.Join(found, ", "))
	}
	if hasLink(text) {
		all = append(all, reasonLink)
	}
	return all
}

// in gives the words that a text has.
func (l *wordList) in(text string) (found []string) {
	if len(l.words) == 0 {
		return nil
	}
	folded := " " + fold(text) + " "
	for _, w := range l.words {
		if strings.Contains(folded, w.needle) {
			found = append(found, w.word)
		}
	}
	return found
}

const star = "*"

// normal is how a word, or a phrase, is listed: folded, with its star before or behind
// it, or both; "" = there is no word in it.
func normal(entry string) string {
	entry = strings.TrimSpace(entry)
	word := fold(entry)
	if word == "" {
		return ""
	}
	if strings.HasPrefix(entry, star) {
		word = star + word
	}
	if strings.HasSuffix(entry, star) {
		word += star
	}
	return word
}

// needle turns a listed word into what a folded text between spaces has in it: a word
// ends at a space, unless its star stands there.
func needle(listed string) string {
	word := " " + listed + " "
	word = strings.TrimPrefix(word, " "+star)
	return strings.TrimSuffix(word, star+" ")
}

// fold gives a text's words in lower case, apart by single spaces: whatever is neither
// a letter, a mark on one nor a digit parts words, but for what nobody sees.
func fold(text string) string {
	var b strings.Builder
	apart := false
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Cf, r): // soft hyphens, joiners
		case !unicode.In(r, unicode.L, unicode.M, unicode.N):
			apart = b.Len() > 0
		default:
			if apart {
				b.WriteByte(' ')
				apart = false
			}
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// The top-level domains in Cyrillic letters. Any two Latin letters or more may be one,
// but «ул.Абая» is no link.
var cyrillicDomains = []string{"рф", "рус", "қаз", "бел", "бг", "ею", "мкд", "мон", "срб", "укр", "дети", "ком", "москва", "онлайн", "орг", "сайт", "католик"}

// link is what a handset makes a link of: with a scheme, with www., or a bare domain.
var link = regexp.MustCompile(`(?i)https?://` +
	`|(?:^|[^\pL\pN])www\.[\pL\pN]` +
	`|[\pL\pN]\.(?:[a-z]{2,24}|xn--[a-z0-9-]+|` + strings.Join(cyrillicDomains, "|") + `)(?:$|[^\pL\pN_])`)

// hasLink tells whether a text has anything in it that may be a link. When in doubt it
// may: a moderator is asked, that is all.
func hasLink(text string) bool {
	visible := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text)
	return link.MatchString(visible)
}
