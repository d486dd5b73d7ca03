// Package campaign is the API module "campaign": messages to many recipients, from
// the draft to the last receipt. A message that was sent singly is a campaign of type
// 1 by itself: that one is derived from the message and stored nowhere.
//
// # A campaign's life
//
// Recipients are added to a draft: each is a message that is NEW, with its price, and
// nothing is charged. One call adds at a time; it, or its task, holds the campaign
// (adding). campaign/send charges the whole, asks a moderator where the account wants
// that, and makes the campaign Ready. From when it is due, one node releases its
// messages in chunks, each in one transaction with the place it has come to (cursor):
// so a crash, a pause or another node skips nobody and releases nobody twice. What
// follows is delivery's. Counters say when all were handed over, and when all are
// final.
package campaign

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/link"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/run"
	"github.com/heliograph-sms/heliograph/internal/tasks"
)

// Queue is delivery, as far as campaigns need it.
type Queue interface {
	message.Queue
	// Room is how many more bulk messages memory takes now.
	Room() int
	// Withdraw takes messages out of the queue, in the caller's transaction, and tells
	// which of them no carrier was given yet.
	Withdraw(tx *db.Tx, ids []int64) (withdrawn []int64, err error)
	// Refusals tells, of those messages that we rejected, why: message.TracedRefusal.
	Refusals(q *db.Reader, ids []int64) (map[int64]string, error)
}

// Config is what the module needs to call.
type Config struct {
	DB       *db.DB
	Node     *db.Node
	Watcher  *db.Watcher
	Messages *message.Module
	Links    *link.Module
	Users    *user.Module
	Queue    Queue
	Tasks    *tasks.Tasks
	Contacts Contacts
	Groups   Groups
	Moderate Moderator
	Logger   *slog.Logger
}

// Module is the API module. It is a run.Service: once started it releases campaigns
// and counts their messages.
type Module struct {
	Config
	*db.Snapshot[stopped]
	steps   atomic.Int64 // numbers the rows of campaign_step
	stepped atomic.Bool  // there may be some
	starved atomic.Bool  // a release waits for room
	loops   run.Group
	again   *run.Retries // of campaigns to be let go
	release *run.Loop
	lists   *lists
}

// New makes the module.
func New(c Config) *Module {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	m := &Module{Config: c, lists: newLists()}
	m.Snapshot = db.NewSnapshot(c.Watcher, Topic, c.Logger, m.loadStopped)
	m.release = run.NewLoop("release campaigns", releaseEvery, c.Logger, m.releaseDue)
	m.loops.Add("release", m.release)
	m.loops.Add("count", run.NewLoop("count campaigns", 250*time.Millisecond, c.Logger, m.fold))
	m.again = run.NewRetries("campaigns let go", c.Logger)
	m.loops.Add("again", m.again)
	m.Tasks.Handle(taskFile, m.addFromFile)
	m.Tasks.OnGivenUp(taskFile, m.givenUp)
	m.Tasks.Handle(taskGroups, m.addFromGroups)
	m.Tasks.OnGivenUp(taskGroups, m.givenUp)
	m.Tasks.Handle(taskClear, m.clear)
	m.Tasks.Handle(taskEnd, m.end)
	return m
}

// Start reads which campaigns are stopped and begins to work.
func (m *Module) Start(ctx context.Context) error {
	return errors.Join(m.Snapshot.Start(ctx), m.loops.Start(ctx))
}

// Stop ends it.
func (m *Module) Stop(ctx context.Context) error {
	return errors.Join(m.loops.Stop(ctx), m.Snapshot.Stop(ctx))
}

// Wake looks at once for campaigns that are due: the clock was moved.
func (m *Module) Wake() { m.release.Wake() }

// RoomMade goes on with a release that waits for room in memory.
func (m *Module) RoomMade() {
	if m.starved.Load() && m.starved.Swap(false) {
		m.release.Wake()
	}
}

// Adopt takes what a dead node held: the campaigns that it released or added to, and
// what it had counted.
func (m *Module) Adopt(ctx context.Context, epoch int64) error {
	err := m.DB.Write(ctx, db.Background, func(tx *db.Tx) error {
		_, released := tx.Exec(`UPDATE campaign SET epoch = 0 WHERE state IN (3, 4) AND epoch = $1`, epoch)
		_, added := tx.Exec(`UPDATE campaign SET adding = 0 WHERE adding = $1 AND adding <> 0`, epoch)
		return errors.Join(released, added)
	})
	return errors.Join(err, m.foldAll(ctx, epoch))
}

// Methods is the module's part of the method table.
func (m *Module) Methods() api.Module {
	return api.Module{
		Name: "campaign",
		Doc:  "Campaigns, and the one that each single message is by itself.",
		Methods: []api.Method{
			api.Define("create", "Makes a campaign, to which recipients are added next.", m.create,
				api.Returns[string]("The id of the campaign."), api.Writes),
			api.Define("addRecipients", "Adds recipients to a campaign: numbers, contacts, contact groups or a file.", m.addRecipients,
				api.Returns[[]addedItem]("What became of each recipient, in the order given.", api.CodePartlyDone, api.CodeNothingDone, api.CodeBackground), api.Writes, api.ExpectsFile),
			api.Define("send", "Sends a campaign, or has it wait for its time or a moderator.", m.send,
				api.Returns[int]("1 = it waits for a moderator, 2 = it is sent."), api.Writes),
			api.Define("delete", "Deletes a campaign that is not being sent yet.", m.delete,
				api.Returns[bool]("Always true."), api.Writes),
			api.Define("pause", "Pauses a campaign.", m.pause,
				api.Returns[bool]("Always true."), api.Writes),
			api.Define("resume", "Goes on with a paused campaign where it stopped.", m.resume,
				api.Returns[bool]("Always true."), api.Writes),
			api.Define("cancel", "Ends a campaign: what was not submitted is DELETED and paid back.", m.cancel,
				api.Returns[bool]("Always true."), api.Writes),
			api.Define("get", "Returns a campaign without its counters.", m.get,
				api.Returns[Campaign]("The campaign.")),
			api.Define("getInfo", "Returns a campaign with its counters.", m.getInfo,
				api.Returns[Info]("The campaign with its counters.")),
			api.Define("list", "Lists campaigns and messages sent singly, newest first unless sorted otherwise.", m.list,
				api.Returns[api.List[Info]]("A page of campaigns.")),
			api.Define("export", "Returns a CSV file of the campaign's messages, with what became of each.", m.export,
				api.Returns[*api.FileAnswer]("The messages as CSV, a row each.")),
			api.Define("preview", "Tells what a campaign would cost, and how its text is encoded.", m.preview,
				api.Returns[preview]("What campaign/send would charge.")),
			api.Define("test", "Sends the campaign's text to one number, as a single message.", m.test,
				api.Returns[message.Sent]("The ids of the message."), api.Writes, api.RateClass("send")),
		},
	}
}
