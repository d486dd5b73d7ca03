package campaign

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// groupIDs are the contact groups that a campaign was added from, each once. They
// are stored as ,1,2, so that one of them is found by its commas.
type groupIDs []int64

// with adds groups.
func (g groupIDs) with(more []int64) groupIDs {
	all := slices.Clone(g)
	for _, id := range more {
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

// text is how they are stored.
func (g groupIDs) text() string {
	if len(g) == 0 {
		return ""
	}
	return "," + g.list() + ","
}

// list is how they stand on the wire.
func (g groupIDs) list() string {
	words := make([]string, len(g))
	for i, id := range g {
		words[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(words, ",")
}

// Scan reads what text wrote; it makes groupIDs a sql.Scanner.
func (g *groupIDs) Scan(stored any) error {
	text, ok := stored.(string)
	if !ok {
		return fmt.Errorf("group ids stored as %T", stored)
	}
	*g = nil
	for word := range strings.SplitSeq(strings.Trim(text, ","), ",") {
		if word == "" {
			continue
		}
		id, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return fmt.Errorf("group ids: %w", err)
		}
		*g = append(*g, id)
	}
	return nil
}
