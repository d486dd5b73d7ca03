package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestKillNineOfAnImportLeavesThePricesAsTheyWere and the next import does what that one
// was to do.
func TestKillNineOfAnImportLeavesThePricesAsTheyWere(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		const kills, operators = 3, 50_000
		s := newSite(t, url, options{carrier: "127.0.0.1:1"})
		var file strings.Builder
		file.WriteString("KZ,,99,KZT\n")
		for i := range operators {
			fmt.Fprintf(&file, "KZ,operator %d,1,KZT\n", i)
		}
		prices := s.file("new.csv", file.String())
		server, before := s.serve(), s.run("price", "list", "--json")
		stand := s.counter()
		for range kills {
			enough := stand() + 1 + rand.Int64N(operators/2)
			p := launch(t, "price", "import", prices, "--config", s.config)
			testkit.Eventually(t, patience, func() error {
				if n := stand(); n < enough {
					return fmt.Errorf("%d rows of %d are written", n, enough)
				}
				return nil
			})
			p.kill()
			if p.cmd.ProcessState.Exited() {
				t.Fatal("the import was over before the kill")
			}
			if after := s.run("price", "list", "--json"); after != before {
				t.Fatalf("the prices are %.200s, were %s", after, before)
			}
			server.costs(t, segmentPrice.String())
		}
		s.run("price", "import", prices)
		server.costs(t, "99.0000")
		if lines := strings.Count(s.run("price", "list"), "\n"); lines != 1+1+operators {
			t.Errorf("the prices are %d lines", lines)
		}
		server.stop()
	})
}

// counter gives what counts the rows of prices, whether they count or not.
func (s *site) counter() func() int64 {
	s.t.Helper()
	d, err := db.Open(s.t.Context(), s.url, db.Options{Logger: testkit.Logger(s.t)})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := d.Close(); err != nil {
			s.t.Error(err)
		}
	})
	return func() (n int64) {
		s.t.Helper()
		if err := d.Read(s.t.Context(), func(q *db.Reader) error { return q.One("SELECT count(*) FROM price", nil, &n) }); err != nil {
			s.t.Fatal(err)
		}
		return n
	}
}

// costs waits until a segment to any operator of Kazakhstan has the price.
func (c caller) costs(t *testing.T, want string) {
	t.Helper()
	testkit.Eventually(t, patience, func() error {
		var list struct {
			Prices []struct {
				Operator *string
				Price    string
			}
		}
		c.call(t, 0, &list, "price/listPublic", "countryA2", "KZ", "currency", "KZT", "language", "en")
		if len(list.Prices) == 0 || list.Prices[0].Operator != nil || list.Prices[0].Price != want {
			return fmt.Errorf("a segment costs %.100v, want %s", list.Prices, want)
		}
		return nil
	})
}
