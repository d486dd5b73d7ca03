package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/delivery"
	"github.com/heliograph-sms/heliograph/internal/delivery/carrier"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
	"github.com/heliograph-sms/heliograph/internal/text"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

const (
	opening  = money.Amount(1_000_000_0000)
	segPrice = money.Amount(16_2000)
	grace    = 24 * time.Hour
)

// world is delivery with a real database, a real carrier over SMPP on loopback,
// and the modules that accept and pay.
type world struct {
	t       *testing.T
	url     string
	clock   *testkit.Clock
	carrier *carrierWorld
	config  delivery.Config
	account int64

	*life
}

// life is one life of the process: what a crash or a restart replaces.
type life struct {
	db       *db.DB
	node     *db.Node
	users    *user.Module
	messages *message.Module
	delivery *delivery.Delivery
	stop     sync.Once
}

// uncounted stands for package campaign: bulk messages here are of no campaign that
// counts them.
type uncounted struct{ message.Campaigns }

func (uncounted) Moved(*db.Tx, []message.Move) error { return nil }

// carrierWorld is the simulator, with a note of everything it was given.
type carrierWorld struct {
	*smsc.Simulator
	mu      sync.Mutex
	submits []smsc.Submit
	handset []smsc.Message
}

type option func(*delivery.Config, *smsc.Config)

func newWorld(t *testing.T, url string, options ...option) *world {
	t.Helper()
	w := &world{t: t, url: url, clock: testkit.NewClock(), carrier: &carrierWorld{}}
	config := delivery.Config{ReceiptGrace: grace, Carriers: []delivery.CarrierConfig{{
		Name: "north", Doubt: delivery.Resend,
		SMPP: carrier.Config{SystemID: "heliograph", Window: 20, Binds: 2, MinBackoff: 10 * time.Millisecond, MaxBackoff: 50 * time.Millisecond},
	}}, Routes: []delivery.Route{{Carriers: []string{"north"}}}}
	sim := smsc.Config{OnSubmit: w.carrier.submit, OnMessage: w.carrier.deliver, Decode: decode}
	for _, o := range options {
		o(&config, &sim)
	}
	w.carrier.Simulator = smsc.New(sim)
	w.ok(w.carrier.Start(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = w.carrier.Stop(ctx)
	})
	if config.Carriers[0].SMPP.Address == "" {
		config.Carriers[0].SMPP.Address = w.carrier.Addr()
	}
	w.config = config
	w.begin()
	w.ok(w.users.SetCell(t.Context(), user.Cell{Prefix: "kz", Domain: "api.kz.example"}))
	w.account = w.newAccount(opening)
	return w
}

func (w *world) newAccount(balance money.Amount) int64 {
	w.t.Helper()
	id, _, err := w.users.CreateAccount(w.t.Context(), user.NewAccount{
		Name: "test", Currency: "KZT", Timezone: "Asia/Almaty", Language: "en", Balance: balance,
	})
	w.ok(err)
	return id
}

// begin starts a life of the process on the world's database, with the same
// carriers as the one before.
func (w *world) begin() {
	w.t.Helper()
	w.open()
	w.ok(w.delivery.Start(w.t.Context()))
}

// open begins a life without delivery: messages are accepted and stay queued.
func (w *world) open() {
	w.t.Helper()
	config := w.config
	d, err := db.Open(w.t.Context(), w.url, db.Options{Logger: testkit.Logger(w.t), Clock: w.clock.Now, Exclusive: true})
	w.ok(err)
	_, err = d.Migrate(w.t.Context())
	w.ok(err)
	l := &life{db: d, node: db.NewNode(d, "test", testkit.Logger(w.t))}
	l.users = user.New(d, db.NewWatcher(d), slog.New(slog.DiscardHandler))
	config.DB, config.Node, config.Logger = d, l.node, testkit.Logger(w.t)
	config.Messages = func() *message.Module { return l.messages }
	l.delivery = delivery.New(config)
	l.messages = message.New(message.Config{DB: d, Users: l.users, Queue: l.delivery, Campaigns: uncounted{}, MaxSegments: 255})
	w.ok(l.node.Start(w.t.Context()))
	w.life = l
	w.t.Cleanup(func() { w.end(l, 10*time.Second) })
}

// end stops a life, giving its window so long to be answered. Every slot must be
// free then.
func (w *world) end(l *life, window time.Duration) {
	l.stop.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), window)
		defer cancel()
		if err := l.delivery.Stop(ctx); err != nil {
			w.t.Errorf("stop delivery: %v", err)
		}
		if used, _ := delivery.SlotsInUse(l.delivery); used != 0 {
			w.t.Errorf("%d window slots are still taken", used)
		}
		if err := errors.Join(l.node.Stop(context.Background()), l.db.Close()); err != nil {
			w.t.Errorf("stop: %v", err)
		}
	})
}

// crash ends a life as the death of its process would: nothing is written any
// more, its lease is not given up. The lease is over when crash returns.
func (w *world) crash() {
	w.stop.Do(func() {
		w.ok(w.db.Close())
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = w.delivery.Stop(ctx) // its goroutines; what it tries to write fails
		_ = w.node.Stop(ctx)
		w.endLease(w.node.Epoch())
	})
	w.clock.Advance(time.Minute)
}

// endLease has an epoch count as dead at once, where another process would look for a
// while to be sure.
func (w *world) endLease(epoch int64) {
	w.t.Helper()
	d, err := db.Open(w.t.Context(), w.url, db.Options{Logger: testkit.Logger(w.t), Clock: w.clock.Now})
	w.ok(err)
	w.ok(d.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE node SET lease_until_ms = 0 WHERE epoch = $1`, epoch)
		return err
	}))
	w.ok(d.Close())
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// send accepts a message and gives its id.
func (w *world) send(to, content string, change ...func(*message.Message)) int64 {
	w.t.Helper()
	id, err := w.trySend(to, content, change...)
	w.ok(err)
	return id
}

func (w *world) trySend(to, content string, change ...func(*message.Message)) (int64, error) {
	measured, err := text.Measure(content)
	if err != nil {
		return 0, err
	}
	id, err := w.db.NextID(w.t.Context(), message.IDs)
	if err != nil {
		return 0, err
	}
	now := w.clock.Now().UnixMilli()
	m := &message.Message{
		ID: id, AccountID: w.account, CampaignID: id, CreatedMs: now, Sender: "Heliograph", Recipient: to, Text: content,
		Country: "KZ", SegNum: measured.Segments, SegPrice: segPrice, Status: message.Enqueued, CreationWay: message.ByAPI,
		MClass: 1, ValidityMin: 1440, ExpiresMs: now + (24 * time.Hour).Milliseconds(),
	}
	for _, c := range change {
		c(m)
	}
	return id, w.messages.Accept(w.t.Context(), m)
}

func (w *world) status(id int64) (status message.Status) {
	w.t.Helper()
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error {
		return q.One(`SELECT status FROM message WHERE id = $1`, []any{id}, &status)
	}))
	return status
}

// await waits until the message has the status.
func (w *world) await(id int64, want message.Status) {
	w.t.Helper()
	testkit.Eventually(w.t, 20*time.Second, func() error {
		if got := w.status(id); got != want {
			return fmt.Errorf("message %d is %s, want %s", id, got, want)
		}
		return nil
	})
}

func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error { return q.One(query, args, &n) }))
	return n
}

// balanced checks that money and ledger agree with the messages:
// balance = Σ ledger = opening − Σ charged + Σ repaid.
func (w *world) balanced() {
	w.t.Helper()
	var balance, ledger, charged, repaid int64
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error {
		if err := q.One(`SELECT balance FROM account WHERE id = $1`, []any{w.account}, &balance); err != nil {
			return err
		}
		if err := q.One(`SELECT CAST(sum(amount) AS bigint) FROM ledger WHERE account_id = $1`, []any{w.account}, &ledger); err != nil {
			return err
		}
		return q.One(`SELECT CAST(coalesce(sum(seg_num * seg_price), 0) AS bigint), CAST(coalesce(sum(repaid), 0) AS bigint) FROM message`, nil, &charged, &repaid)
	}))
	if balance != ledger || balance != int64(opening)-charged+repaid {
		w.t.Errorf("balance %d, ledger %d, opening − charged + repaid = %d", balance, ledger, int64(opening)-charged+repaid)
	}
}

func (c *carrierWorld) submit(s smsc.Submit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.submits = append(c.submits, s)
}

func (c *carrierWorld) deliver(m smsc.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handset = append(c.handset, m)
}

// arrived counts the messages that arrived at each handset.
func (c *carrierWorld) arrived() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := map[string]int{}
	for _, m := range c.handset {
		n[m.To]++
	}
	return n
}

func (c *carrierWorld) text(to string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.handset {
		if m.To == to {
			return m.Text
		}
	}
	return ""
}

func (c *carrierWorld) submitted() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.submits)
}

// perHandset counts how often a segment for each handset came in.
func (c *carrierWorld) perHandset() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := map[string]int{}
	for _, s := range c.submits {
		n[s.To]++
	}
	return n
}

// place is how many segments came in before the first one for the handset.
func (c *carrierWorld) place(to string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.IndexFunc(c.submits, func(s smsc.Submit) bool { return s.To == to })
}

func decode(dataCoding byte, userData []byte) string {
	s, err := text.Decode(dataCoding, userData)
	if err != nil {
		return err.Error()
	}
	return s
}

// number is a recipient whose last two digits choose the simulator's row.
func number(n, row int) string { return "7701" + fmt.Sprintf("%05d", n) + fmt.Sprintf("%02d", row) }

// expireOnce does a round of the loop that ends what ran out of time.
func (w *world) expireOnce() { w.ok(delivery.ExpireOnce(w.delivery, w.t.Context())) }

// matchOnce does a round of the loop that offers kept receipts to segments.
func (w *world) matchOnce() { w.ok(delivery.MatchOnce(w.delivery, w.t.Context())) }

// exec changes rows behind delivery's back, as another node would.
func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	w.ok(w.db.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	}))
}

// blockWriters holds up every commit until release is called.
func (w *world) blockWriters() (release func()) {
	writers := map[string]int{"sqlite": 1, "postgres": 2}[w.db.Engine]
	held, free := make(chan struct{}), make(chan struct{})
	var writing sync.WaitGroup
	for range writers {
		writing.Go(func() {
			err := w.db.Write(context.Background(), db.Answers, func(*db.Tx) error {
				held <- struct{}{}
				<-free
				return nil
			})
			if err != nil {
				w.t.Error(err)
			}
		})
	}
	for range writers {
		<-held
	}
	return sync.OnceFunc(func() { close(free); writing.Wait() })
}

// wants is an error until the message to that number is delivered.
func (w *world) wants(to string) error {
	if n := w.count(`SELECT count(*) FROM message WHERE recipient = $1 AND status = 4`, to); n != 1 {
		return fmt.Errorf("%d messages to %s are delivered, want 1", n, to)
	}
	return nil
}

// none is an error until each of the queries counts nothing.
func (w *world) none(queries ...string) error {
	for _, query := range queries {
		if n := w.count(query); n != 0 {
			return fmt.Errorf("%d: %s", n, query)
		}
	}
	return nil
}
