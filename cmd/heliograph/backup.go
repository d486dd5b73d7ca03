package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"syscall"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/delivery"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/tasks"
)

type backup struct {
	admin
	To    string `required:"" placeholder:"FILE" help:"The file to write, on any disk."`
	Force bool   `help:"Replace the file if it is there."`
}

// Run copies the database beside a running server. It does not ask for an up to
// date schema: before an upgrade is when a backup is wanted.
func (c *backup) Run(ctx context.Context, out *console) error {
	conf, err := c.configuration()
	if err != nil {
		return err
	}
	if err := mustExist(conf.Database.URL); err != nil {
		return err
	}
	giveWay()
	return openDatabase(ctx, conf.Database.URL, func(d *db.DB) error {
		size, err := d.Backup(ctx, c.To, c.Force, int64(conf.Database.MinFree))
		if err != nil {
			return fmt.Errorf("backup: %w", err)
		}
		view := struct {
			File  string `json:"file"`
			Bytes int64  `json:"bytes"`
		}{c.To, size}
		return out.say(c.JSON, view, line("%s holds %d bytes, checked and synced", view.File, view.Bytes))
	})
}

// giveWay lets the server have the processor first. A priority belongs to a thread,
// and this goroutine keeps its own until the command ends.
func giveWay() {
	runtime.LockOSThread()
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 10) // without it the copy is right too
}

type restore struct {
	From    string `required:"" placeholder:"FILE" help:"A file that backup has written."`
	To      string `required:"" placeholder:"URL" help:"Where the database is to stand: sqlite:/path/to/file.db; nothing may stand there."`
	Unsent  string `required:"" enum:"send,drop" placeholder:"send|drop" help:"What the copy holds as not yet sent: the original may have sent it since."`
	SkipIDs int64  `name:"skip-ids" default:"10000000" placeholder:"N" help:"Ids to leave out: as many as may have been given out since the backup (${default})."`
	JSON    bool   `name:"json" help:"Print JSON, for scripts."`
}

// Run puts a backup in place for a server to be started on.
func (c *restore) Run(ctx context.Context, out *console) error {
	var found delivery.Unsent
	var paused int
	err := db.Restore(ctx, c.From, c.To, db.Options{Logger: quiet()}, func(d *db.DB) (err error) {
		o := newOffice(d)
		if c.Unsent == "drop" {
			campaigns := offlineCampaigns(d, o)
			if found, err = delivery.DropUnsent(ctx, d, campaigns.Messages); err != nil {
				return err
			}
			if paused, err = campaigns.PauseUnsent(ctx); err != nil {
				return err
			}
		}
		if err := d.SkipIDs(ctx, c.SkipIDs); err != nil {
			return err
		}
		return audit(ctx, o)
	})
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	view := struct {
		Database string `json:"database"`
		Expired  int    `json:"expired"`
		InDoubt  int    `json:"inDoubt"`
		Paused   int    `json:"paused"`
	}{c.To, found.Expired, found.InDoubt, paused}
	return out.say(c.JSON, view, func(w io.Writer) {
		fmt.Fprintf(w, "%s is ready to be served: no damage, and the ledger agrees with the balances\n", view.Database)
		if c.Unsent == "drop" {
			fmt.Fprintf(w, "%d queued messages have expired and are paid back, %d segments are in doubt, %d campaigns are paused\n",
				view.Expired, view.InDoubt, view.Paused)
		}
	})
}

// offlineCampaigns are messages and campaigns where no server runs.
func offlineCampaigns(d *db.DB, o *office) *campaign.Module {
	node, watcher := db.NewNode(d, "restore", quiet()), db.NewWatcher(d)
	messages := message.New(message.Config{DB: d, Users: o.users})
	campaigns := campaign.New(campaign.Config{
		DB: d, Node: node, Watcher: watcher, Messages: messages, Users: o.users, Logger: quiet(),
		Tasks: tasks.New(tasks.Config{DB: d, Node: node, Logger: quiet()}),
	})
	messages.Campaigns = campaigns
	return campaigns
}

// audit fails where an account's ledger does not sum to its balance.
func audit(ctx context.Context, o *office) error {
	found, err := o.users.Audit(ctx)
	if err == nil && len(found) > 0 {
		err = fmt.Errorf("the ledger and the balance disagree for %d accounts, first %+v", len(found), found[0])
	}
	return err
}
