// Package link is the API module "link": short links, the redirect that people are led
// on by, and the count of their clicks (contract §5). It alone writes the tables
// short_link, link_code, link_secret, link_click, link_click_batch and link_blocked_domain.
//
// # Clicks
//
// A click is counted in memory and written within a second, together with all others:
// a process that dies loses the clicks of its last second at most, and an orderly stop
// loses none. They are written as totals of the link, and by the minute, hour, day and
// month of the clock on the account's wall; so getStats reads one row for each period
// that it shows, however many clicks there were. Minutes are kept for 90 days, hours
// for three years, days and months for good.
//
// Where people click on many links at once, that is a batch first, which getStats looks
// into; it is counted link by link within some seconds, or when there is time for it.
package link

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/run"
)

// Topics that are touched when a link, or the operator's list, changes.
const (
	TopicLink   = "link"
	TopicDomain = "link domain"
)

// Status of a link. The numbers are stored and stand on the wire.
type Status int64

const (
	Inactive Status = 0
	Active   Status = 1
)

// ModeratorStatus is what the operator decided. The numbers are stored and stand on
// the wire.
type ModeratorStatus int64

const (
	Blocked ModeratorStatus = 0
	Allowed ModeratorStatus = 1
)

// ErrNone: there is no such link.
var ErrNone = errors.New("no such link")

// Link is a short link.
type Link struct {
	ID, AccountID        int64
	CampaignID           int64 // whose text it stands in; 0 = none
	Code                 string
	FullLink             string
	Status               Status
	ModeratorStatus      ModeratorStatus
	ExpirationDate       string // its last day, YYYY-MM-DD; "" = none
	Comment              string
	Clicks, Redirects    int64
	CreatedMs, UpdatedMs int64
	DeletedMs            int64 // 0 = it is not deleted
}

const columns = `id, account_id, coalesce(campaign_id, 0), code, full_link, status, moderator_status, expiration_date,
	comment, clicks, redirects, created_ms, updated_ms, coalesce(deleted_ms, 0)`

// fields are where columns are scanned to.
func (l *Link) fields() []any {
	return []any{&l.ID, &l.AccountID, &l.CampaignID, &l.Code, &l.FullLink, &l.Status, &l.ModeratorStatus, &l.ExpirationDate,
		&l.Comment, &l.Clicks, &l.Redirects, &l.CreatedMs, &l.UpdatedMs, &l.DeletedMs}
}

// Config is what the module needs to know and to call.
type Config struct {
	DB      *db.DB
	Watcher *db.Watcher
	Users   *user.Module
	Base    string   // what stands before /code: https://s.example
	Listen  string   // host:port that this server answers at
	Own     []string // further hosts, or hosts and ports, of this server; no link may lead there
	// Campaign fails with code 2 where the account has no campaign of that id; a message
	// sent singly is one.
	Campaign func(ctx context.Context, c *api.Call, id int64) error
	Logger   *slog.Logger
}

// Module is safe for concurrent use. It is a run.Service: once started it writes the
// clicks, and follows changes by any process within a second.
type Module struct {
	Config
	run.Group
	judge   judge
	blocked *db.Snapshot[domains]
	targets *targets
	sealer  atomic.Pointer[sealer] // once it is known
	counter *counter
	ends    db.Ends[db.Place]
	counts  *db.Recent[db.SearchKey, counted]
}

// New makes the module.
func New(c Config) *Module {
	c.Base = strings.TrimRight(c.Base, "/")
	m := &Module{Config: c, judge: newJudge(c.Base, append([]string{c.Listen}, c.Own...)...), targets: newTargets(), counter: newCounter(), ends: db.NewEnds[db.Place](), counts: newCounts()}
	m.blocked = db.NewSnapshot(c.Watcher, TopicDomain, c.Logger, m.loadDomains)
	c.Watcher.On(TopicLink, m.targets.outdate)
	m.Add("blocked domains", m.blocked)
	m.Add("old clicks", run.NewLoop("old clicks", pruneEvery, c.Logger, m.prune))
	m.Add("folded clicks", run.NewLoop("folded clicks", foldEvery, c.Logger, m.fold))
	m.Add("clicks", m.clicksService())
	return m
}

// Methods is the module's part of the method table.
func (m *Module) Methods() api.Module {
	return api.Module{
		Name: "link",
		Doc:  "Short links and the clicks on them.",
		Methods: []api.Method{
			api.Define("create", "Makes a short link.", m.create,
				api.Returns[created]("The link that was made."), api.Writes),
			api.Define("update", "Changes a link, a deleted one too.", m.update,
				api.Returns[bool]("Always true."), api.Writes),
			api.Define("delete", "Deletes links: they lead nowhere then, and their clicks are kept.", m.delete,
				api.Returns[api.Processed]("Which links were deleted.", api.CodePartlyDone, api.CodeNothingDone), api.Writes),
			api.Define("get", "Gets a link.", m.get,
				api.Returns[object]("The link.")),
			api.Define("list", "Lists links, newest first unless sorted otherwise.", m.list,
				api.Returns[api.List[object]]("A page of links.")),
			m.GetLinks(),
			api.Define("getStats", "Gets the clicks of up to five links by month, day, hour or minute.", m.getStats,
				api.Returns[stats]("The clicks by period.")),
		},
	}
}

// fold is a text as it is searched and sorted.
func fold(s string) string { return strings.ToLower(s) }

// one reads a single row: db.Tx.One or db.Reader.One.
type one interface {
	One(text string, args []any, dest ...any) error
}

// find reads the one link that a condition holds for; db.ErrNotFound says that there is
// none.
func find(q one, condition string, args ...any) (*Link, error) {
	l := &Link{}
	if err := q.One("SELECT "+columns+" FROM short_link WHERE "+condition, args, l.fields()...); err != nil {
		return nil, err
	}
	return l, nil
}
