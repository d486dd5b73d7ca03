package link

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
)

var (
	addToLink = db.Rows(`UPDATE short_link SET clicks = short_link.clicks + :clicks, redirects = short_link.redirects + :redirects {rows}
		WHERE short_link.id = :id`, "id bigint", "clicks bigint", "redirects bigint")
	addToCode = db.Rows(`UPDATE link_code SET clicks = link_code.clicks + :clicks, redirects = link_code.redirects + :redirects {rows}
		WHERE link_code.code = :code`, "code text", "clicks bigint", "redirects bigint")
	addToSpan = db.Rows(`INSERT INTO link_click (span, begins, link_id, clicks, redirects)
		SELECT :span, :begins, :link_id, :clicks, :redirects {rows} WHERE true
		ON CONFLICT (span, begins, link_id) DO UPDATE
		SET clicks = link_click.clicks + excluded.clicks, redirects = link_click.redirects + excluded.redirects`,
		"span bigint", "begins bigint", "link_id bigint", "clicks bigint", "redirects bigint")
)

// period is a row of link_click.
type period struct {
	span   span
	begins int64
	link   int64
}

// writeClicks adds clicks wherever they are counted: links first, then periods, then
// codes, each in order.
func writeClicks(tx *db.Tx, t clickTally) error {
	totals, periods := map[int64]count{}, map[period]count{}
	for _, l := range t.links {
		totals[l.link] = totals[l.link].plus(l.count)
		for _, s := range spans {
			key := period{s, stored(s.begin(shown(l.minute))), l.link}
			periods[key] = periods[key].plus(l.count)
		}
	}
	ids := sortedKeys(totals, cmp.Compare[int64])
	err := tx.Each(addToLink, len(ids), func(i int, args []any) {
		n := totals[ids[i]]
		args[0], args[1], args[2] = ids[i], n.clicks, n.redirects
	})
	if err != nil {
		return err
	}
	keys := sortedKeys(periods, func(a, b period) int {
		return cmp.Or(cmp.Compare(a.span, b.span), cmp.Compare(a.begins, b.begins), cmp.Compare(a.link, b.link))
	})
	err = tx.Each(addToSpan, len(keys), func(i int, args []any) {
		n := periods[keys[i]]
		args[0], args[1], args[2], args[3], args[4] = int64(keys[i].span), keys[i].begins, keys[i].link, n.clicks, n.redirects
	})
	if err != nil {
		return err
	}
	return tx.Each(addToCode, len(t.codes), func(i int, args []any) {
		args[0], args[1], args[2] = t.codes[i].code, t.codes[i].clicks, t.codes[i].redirects
	})
}

func sortedKeys[K comparable, V any](m map[K]V, order func(a, b K) int) []K {
	keys := make([]K, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, order)
	return keys
}

const (
	pruneEvery = time.Hour
	pruneChunk = 1000
)

// keptFor is how long the periods of a span are kept; the others are for good.
var keptFor = map[span]time.Duration{minute: 90 * 24 * time.Hour, hour: 3 * 366 * 24 * time.Hour}

// prune removes periods that are too old, in chunks.
func (m *Module) prune(ctx context.Context) error {
	for span, kept := range keptFor {
		before := stored(m.DB.Time().Add(-kept))
		for removed := int64(pruneChunk); removed == pruneChunk; {
			err := m.DB.Write(ctx, db.Background, func(tx *db.Tx) (err error) {
				removed, err = tx.Exec(`DELETE FROM link_click WHERE span = $1 AND (begins, link_id) IN
					(SELECT begins, link_id FROM link_click WHERE span = $1 AND begins < $2 ORDER BY begins, link_id LIMIT $3)`,
					int64(span), before, int64(pruneChunk))
				return err
			})
			if err != nil {
				return fmt.Errorf("prune old clicks: %w", err)
			}
		}
	}
	return nil
}
