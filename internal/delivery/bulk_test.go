package delivery_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/delivery"
	"github.com/heliograph-sms/heliograph/internal/modules/alphaname"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/price"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/phone"
	"github.com/heliograph-sms/heliograph/internal/smpp"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/tasks"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// campaigner is a world with campaigns, behind a door, and a carrier with a window of one.
type campaigner struct {
	*world
	c         *wire
	campaigns *campaign.Module
	door      *api.Door
	key       string
}

func onBulk(t *testing.T, test func(t *testing.T, w *campaigner)) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		var known atomic.Pointer[campaign.Module]
		check := func(m *message.Message) delivery.Verdict {
			if campaigns := known.Load(); campaigns != nil && !m.Single() && campaigns.Stopped(m.CampaignID) {
				return delivery.HoldCampaign
			}
			return delivery.Send
		}
		b := &campaigner{c: newWire(t)}
		b.world = newWorld(t, url, b.c.carries(1, delivery.Resend), func(c *delivery.Config, _ *smsc.Config) { c.Checks = []delivery.Check{check} })
		b.furnish()
		known.Store(b.campaigns)
		test(t, b)
	})
}

// furnish adds what campaigns need to the world.
func (b *campaigner) furnish() {
	log := testkit.Logger(b.t)
	watcher := db.NewWatcher(b.db)
	names, prices := alphaname.New(b.db, watcher, slog.New(slog.DiscardHandler)), price.New(b.db, watcher, slog.New(slog.DiscardHandler))
	_, err := names.Add(b.t.Context(), alphaname.Shared, "Heliograph", true)
	b.ok(err)
	_, err = prices.ImportCSV(b.t.Context(), strings.NewReader("KZ,,16.2000,KZT\n"))
	b.ok(err)
	b.messages.Alphanames, b.messages.Prices, b.messages.Book = names, prices, phone.NewBook(nil)
	background := tasks.New(tasks.Config{DB: b.db, Node: b.node, Logger: log, TempDir: b.t.TempDir()})
	b.campaigns = campaign.New(campaign.Config{
		DB: b.db, Node: b.node, Watcher: watcher, Messages: b.messages, Users: b.users, Queue: b.delivery, Tasks: background, Moderate: everything{}, Logger: log})
	b.messages.Campaigns = b.campaigns
	b.door, err = api.New(api.Config{Modules: []api.Module{b.campaigns.Methods()}, Auth: b.users, Clock: b.clock.Now, Undeclared: testkit.Fails(b.t), CellPrefix: "kz", Logger: log, TempDir: b.t.TempDir()})
	b.ok(err)
	_, b.key, err = b.users.CreateKey(b.t.Context(), b.account, user.KeyOptions{})
	b.ok(err)
	for _, s := range []interface {
		Start(context.Context) error
		Stop(context.Context) error
	}{names, prices, b.campaigns, background} {
		b.ok(s.Start(b.t.Context()))
		b.t.Cleanup(func() { _ = s.Stop(context.Background()) })
	}
}

// everything may be sent.
type everything struct{ campaign.Moderator }

func (everything) Judge(context.Context, *api.Account, string) (campaign.Judgement, error) {
	return campaign.Judgement{}, nil
}

func (everything) Withdraw(*db.Tx, int64) error { return nil }

// call calls a method of campaigns that must do what it says.
func (b *campaigner) call(method, form string, to any) {
	b.t.Helper()
	request := httptest.NewRequest("GET", "/service/campaign/"+method+"?"+form, nil)
	request.Header.Set("Authorization", "Bearer "+b.key)
	answer := httptest.NewRecorder()
	b.door.ServeHTTP(answer, request)
	var envelope struct {
		Code api.Code
		Data json.RawMessage
	}
	b.ok(json.Unmarshal(answer.Body.Bytes(), &envelope))
	if envelope.Code != api.CodeOK {
		b.t.Fatalf("%s %s: %s", method, form, answer.Body)
	}
	if to != nil {
		b.ok(json.Unmarshal(envelope.Data, to))
	}
}

// sent sends a campaign to n handsets and waits until all of it is in the queue.
func (b *campaigner) sent(n int) (id string) {
	b.t.Helper()
	b.call("create", "data[text]=Hi", &id)
	var to []string
	for i := range n {
		to = append(to, number(100+i, 0))
	}
	b.call("addRecipients", "id="+id+"&recipients="+strings.Join(to, ","), nil)
	b.call("send", "id="+id, nil)
	b.counts(n, `SELECT count(*) FROM message WHERE campaign_id = $1 AND status = 1`, id)
	return id
}

// becomes waits until a campaign has a status.
func (b *campaigner) becomes(id, status string) {
	b.t.Helper()
	testkit.Eventually(b.t, 20*time.Second, func() error {
		var got struct{ CommonStatus string }
		if b.call("get", "id="+id, &got); got.CommonStatus != status {
			return fmt.Errorf("campaign %s is %s, want %s", id, got.CommonStatus, status)
		}
		return nil
	})
}

func TestAPausedCampaignsMessagesAreHeldUntilItIsResumed(t *testing.T) {
	onBulk(t, func(t *testing.T, b *campaigner) {
		b.send(number(0, 0), "takes the window")
		window := b.c.submit()
		id := b.sent(5)
		b.call("pause", "id="+id, nil)
		b.c.respond(window, "m0", smpp.StatusOK)
		b.counts(5, onHold)
		b.send(number(9, 0), "of nobody's campaign")
		b.c.next(number(9, 0)) // and nothing before it
		b.idle()
		b.call("resume", "id="+id, nil)
		seen := map[string]bool{}
		for range 5 {
			s := b.c.submit()
			seen[s.Dest.Addr] = true
			b.c.respond(s, "to"+s.Dest.Addr, smpp.StatusOK)
		}
		b.becomes(id, "SENT")
		if b.counts(0, `SELECT count(*) FROM queue`); len(seen) != 5 {
			t.Errorf("submitted to %v", seen)
		}
	})
}

func TestACancelledCampaignsMessagesAreWithdrawn(t *testing.T) {
	for name, pause := range map[string]bool{"from memory": false, "from hold": true} {
		t.Run(name, func(t *testing.T) {
			onBulk(t, func(t *testing.T, b *campaigner) {
				b.send(number(0, 0), "takes the window")
				window := b.c.submit()
				id := b.sent(5)
				b.c.respond(window, "m0", smpp.StatusOK)
				first := b.c.submit() // of the campaign: a carrier has it
				if pause {
					b.call("pause", "id="+id, nil)
				}
				b.call("cancel", "id="+id, nil)
				b.counts(4, `SELECT count(*) FROM message WHERE campaign_id = $1 AND status = 8 AND repaid = seg_price AND start_send_ms IS NULL`, id)
				b.c.respond(first, "m1", smpp.StatusOK)
				b.becomes(id, "SENT")
				b.send(number(9, 0), "of nobody's campaign")
				b.c.next(number(9, 0))
				b.idle()
				b.counts(0, `SELECT count(*) FROM queue`)
				b.balanced()
			})
		})
	}
}
