// Package smsc is a carrier in a box: an SMPP 3.4 server that takes messages, delivers them to nobody, and reports what
// became of them. The last two digits of the destination decide what that is:
//
//	01  receipt UNDELIV
//	02  submit refused, ESME_RINVDSTADR
//	03  receipt EXPIRED
//	04  receipt DELETED
//	05  accepted, no receipt ever
//	06  receipt for the first segment only
//	07  receipt arrives before the response
//	08  first submit of a segment throttled, ESME_RTHROTTLED; then accepted and delivered
//	09  link cut after the first submit, no response; delivered on a later one
//	10  receipt twice
//	11  receipt REJECTD
//	12  message id hexadecimal in the response, decimal in the receipt
//	    any other: delivered at once
//
// Everything it remembers is bounded in number and in time.
package smsc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/heliograph-sms/heliograph/internal/smpp"
)

// Config describes a simulator. The zero value accepts every bind and answers at once.
type Config struct {
	SystemID string // the only one that may bind, empty = any; also what the simulator calls itself
	Password string // empty = any

	ResponseDelay time.Duration // from a submit to its response
	ReceiptDelay  time.Duration // from the response to the receipt and the handset
	Rate          int           // segments a second, a second's worth at once; above: ESME_RTHROTTLED; 0 = no limit

	// OnMessage is the handset: called once for each whole message that was delivered, put together from its segments.
	OnMessage func(Message)
	// OnSubmit sees every submit_sm and data_sm that was not throttled by Rate, with what was answered.
	OnSubmit func(Submit)
	// Decode turns user data without its header into text. Default: UCS-2 and Latin-1; all else is read as ASCII.
	Decode func(dataCoding byte, userData []byte) string

	Logger *slog.Logger // default: none
}

// Message is a whole message as a handset shows it.
type Message struct {
	From, To, Text string
	Parts          int
}

// Submit is one segment as it came, and its answer.
type Submit struct {
	SystemID    string // the ESME's
	From, To    string
	DataCoding  byte
	Data        []byte // user data without its header
	Ref         int    // of the concatenated message, 0 for a single one
	Part, Parts int    // from 1
	Status      smpp.Status
	MessageID   string // as in the response; empty if there was none
	Cut         bool   // the link was cut instead of an answer
}

// Simulator is a running carrier. Its callbacks may run on several goroutines at once and must not wait.
type Simulator struct {
	cfg     Config
	server  *smpp.Server
	limiter *rate.Limiter // nil: no limit
	later   *schedule
	phone   *assembler
	firsts  *memory // segments that were throttled or cut once
	ids     atomic.Uint64
	counts  counts

	mu        sync.Mutex
	mailboxes map[string]*mailbox
	addr      string
	cancel    context.CancelFunc
	running   sync.WaitGroup
}

// New makes a simulator for Start.
func New(cfg Config) *Simulator {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Decode == nil {
		cfg.Decode = decodePlain
	}
	if cfg.OnMessage == nil {
		cfg.OnMessage = func(Message) {}
	}
	if cfg.OnSubmit == nil {
		cfg.OnSubmit = func(Submit) {}
	}
	s := &Simulator{
		cfg: cfg, later: newSchedule(), phone: newAssembler(), firsts: newMemory(), mailboxes: make(map[string]*mailbox),
	}
	if cfg.Rate > 0 {
		s.limiter = rate.NewLimiter(rate.Limit(cfg.Rate), cfg.Rate)
	}
	// A restart begins where no earlier run can have come: nobody submits a million segments a second for long.
	s.ids.Store(uint64(time.Now().UnixMicro()))
	name := cfg.SystemID
	if name == "" {
		name = "heliograph-smsc"
	}
	s.server = smpp.NewServer(smpp.ServerConfig{SystemID: name, Window: receiptWindow, MaxUnanswered: maxUnanswered, Logger: cfg.Logger}, s)
	return s
}

// maxUnanswered is how many submits of one session may wait for ResponseDelay.
const maxUnanswered = 10_000

// ErrStarted is a second Start.
var ErrStarted = errors.New("smsc: already started")

// Start listens on addr, "host:port" with port 0 for a free one, and returns. It serves until Stop or the end of ctx.
func (s *Simulator) Start(ctx context.Context, addr string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		return ErrStarted
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("smsc: %w", err)
	}
	s.addr = ln.Addr().String()
	ctx, s.cancel = context.WithCancel(ctx)
	s.running.Go(func() { s.later.run(ctx) })
	s.running.Go(func() { s.serve(ln) })
	s.running.Go(func() { <-ctx.Done(); s.server.Close(ctx) })
	return nil
}

func (s *Simulator) serve(ln net.Listener) {
	if err := s.server.Serve(ln); !errors.Is(err, smpp.ErrServerClosed) {
		s.cfg.Logger.Error("smsc: stopped serving", "error", err)
	}
}

// Addr is the address it listens on, empty before Start.
func (s *Simulator) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Stop unbinds every session, waiting until ctx ends for receipts in flight to be acknowledged, and returns when nothing
// runs any more. Receipts not yet sent are lost with the simulator. Calling it twice is safe.
func (s *Simulator) Stop(ctx context.Context) error {
	s.mu.Lock()
	cancel := s.cancel
	s.mu.Unlock()
	if cancel == nil {
		return nil
	}
	s.server.Close(ctx)
	cancel()
	s.running.Wait()
	return nil
}
