package run_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/heliograph-sms/heliograph/internal/run"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func recorded(log *[]string, name string, startErr error) run.Service {
	return run.Funcs{
		OnStart: func(context.Context) error { *log = append(*log, "start "+name); return startErr },
		OnStop:  func(context.Context) error { *log = append(*log, "stop "+name); return nil },
	}
}

func TestGroupStopsInReverseOrder(t *testing.T) {
	var log []string
	var g run.Group
	g.Add("a", recorded(&log, "a", nil))
	g.Add("b", recorded(&log, "b", nil))
	if err := g.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(g.Stop(t.Context()), g.Stop(t.Context())); err != nil {
		t.Fatal(err)
	}
	if want := []string{"start a", "start b", "stop b", "stop a"}; !slices.Equal(log, want) {
		t.Fatalf("got %v, want %v", log, want)
	}
}

func TestGroupTakesBackAStartThatFailed(t *testing.T) {
	var log []string
	var g run.Group
	broken := errors.New("broken")
	g.Add("a", recorded(&log, "a", nil))
	g.Add("b", recorded(&log, "b", broken))
	g.Add("c", recorded(&log, "c", nil))
	if err := g.Start(t.Context()); !errors.Is(err, broken) {
		t.Fatalf("got %v, want the failure of b", err)
	}
	if want := []string{"start a", "start b", "stop a"}; !slices.Equal(log, want) {
		t.Fatalf("got %v, want %v", log, want)
	}
}

func TestLoopWakesAtOnceAndGoesOnAfterAnError(t *testing.T) {
	rounds := make(chan int, 16)
	n := 0
	l := run.NewLoop("test", time.Hour, slog.New(slog.NewTextHandler(io.Discard, nil)), func(context.Context) error {
		n++
		rounds <- n
		return errors.New("no luck")
	})
	if err := errors.Join(l.Start(t.Context()), l.Start(t.Context())); err != nil {
		t.Fatal(err)
	}
	<-rounds
	l.Wake()
	if got := <-rounds; got != 2 {
		t.Fatalf("round %d, want 2", got)
	}
	if err := errors.Join(l.Stop(t.Context()), l.Stop(t.Context())); err != nil {
		t.Fatal(err)
	}
	l.Wake()
	if len(rounds) != 0 {
		t.Fatal("a stopped loop worked on")
	}
}

func TestLoopStopInterruptsTheWork(t *testing.T) {
	began := make(chan struct{})
	l := run.NewLoop("test", time.Hour, slog.New(slog.NewTextHandler(io.Discard, nil)), func(ctx context.Context) error {
		close(began)
		<-ctx.Done()
		return ctx.Err()
	})
	if err := l.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-began
	if err := l.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}
