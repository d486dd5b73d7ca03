package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/heliograph-sms/heliograph/bench/rig"
)

// act is one thing that is measured: do begins it and done tells whether it is over.
type act struct {
	name string
	each int // of what it is counted in
	do   func(ctx context.Context) error
	done func(ctx context.Context) (bool, error)
}

// acts are what is measured, in order: each finds what the one before it left.
func (s *stage) acts() []act {
	n := s.recipients
	var task string
	taskDone := func(ctx context.Context) (bool, error) { return s.taskDone(ctx, task) }
	add := func(campaign *string, fresh bool, fields ...string) func(context.Context) error {
		return func(ctx context.Context) (err error) {
			if fresh {
				if *campaign, err = s.create(ctx); err != nil {
					return err
				}
			}
			task, err = s.add(ctx, *campaign, fields...)
			return err
		}
	}
	quiet := time.Now()
	return []act{
		{"single messages alone", 0, func(context.Context) error { quiet = time.Now(); return nil },
			func(context.Context) (bool, error) { return time.Since(quiet) > s.options.quiet, nil }},
		{"full cycle of single messages, 32 callers", 0, s.load, func(context.Context) (bool, error) { return true, nil }},
		{"a file is imported", n, add(&s.imported, true, "recipientsFile", "@"), taskDone},
		{"a contact group is added", n, add(&s.grouped, true, "recipientGroups", strconv.FormatInt(s.group, 10)), taskDone},
		{"all recipients are replaced", 2 * n, add(&s.grouped, false, "recipientsFile", "@", "params[replace]", "1"), taskDone},
		{"a campaign is deleted", n, func(ctx context.Context) error {
			task = next(task)
			return s.call(ctx, "campaign/delete", nil, "id", s.grouped)
		}, taskDone},
		{"a campaign is sent", n, func(ctx context.Context) error { return s.call(ctx, "campaign/send", nil, "id", s.imported) },
			func(ctx context.Context) (bool, error) { return s.campaignDone(ctx, s.imported) }},
		{"another file is imported", n, add(&s.grouped, true, "recipientsFile", "@"), taskDone},
		{"a campaign is cancelled", n, s.cancelAtOnce, func(ctx context.Context) (bool, error) { return s.campaignDone(ctx, s.grouped) }},
	}
}

// next is the id of the task that is added after another: the node gives them out in turn.
func next(task string) string {
	id, _ := strconv.Atoi(task) // it was a number when it came
	return strconv.Itoa(id + 1)
}

// figures are what an act comes to.
type figures struct {
	act
	took   time.Duration
	cpu    time.Duration
	memory int64
	waits  waits
}

func (f figures) String() string {
	rate, each := "–", "–"
	if f.each > 0 {
		rate = fmt.Sprintf("%.0f", rig.Rate(int64(f.each), f.took))
		each = fmt.Sprintf("%.4f", rig.PerMessage(f.cpu, int64(f.each)))
	}
	return fmt.Sprintf("| %s | %s | %.1f | %s | %d | %s |", f.name, rate, f.took.Seconds(), each, f.memory>>20, f.waits)
}

// play does an act while single messages are sent.
func (s *stage) play(ctx context.Context, a act) (figures, error) {
	before, err := rig.UsageOf(s.server.PID())
	if err != nil {
		return figures{}, err
	}
	singles := s.startSingles(ctx)
	begun := time.Now()
	f := figures{act: a}
	if err = a.do(ctx); err == nil {
		f.memory, err = s.await(ctx, a)
	}
	f.took, f.waits = time.Since(begun), singles.stop()
	if err != nil {
		return f, fmt.Errorf("%w\n%s", err, s.server.LogTail())
	}
	after, err := rig.UsageOf(s.server.PID())
	f.cpu = after.CPU - before.CPU
	return f, err
}

// await waits for the act's end and gives the most memory that the server had.
func (s *stage) await(ctx context.Context, a act) (most int64, err error) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		usage, err := rig.UsageOf(s.server.PID())
		if err != nil {
			return most, err
		}
		most = max(most, usage.RSS)
		if over, err := a.done(ctx); err != nil || over {
			return most, err
		}
		select {
		case <-ctx.Done():
			return most, ctx.Err()
		case <-tick.C:
		}
	}
}

// load measures single messages in a closed loop, and prints a row of its own.
func (s *stage) load(ctx context.Context) error {
	begun := time.Now()
	w, err := rig.Wrk{
		Threads: 1, Connections: 32, Load: 10 * time.Second, Script: "bench/send.lua",
		URL: s.site.URL() + "/service/message/sendSmsMessage", Env: []string{"HELIOGRAPH_KEY=" + s.key},
	}.Run(ctx)
	if err != nil {
		return err
	}
	err = rig.Until(ctx, time.Minute, func(ctx context.Context) error { return s.allFinal(ctx) })
	fmt.Printf("| 32 callers send single messages | %.0f | | | | |\n", rig.Rate(w.Requests, time.Since(begun)))
	return err
}

func (s *stage) allFinal(ctx context.Context) error {
	metrics, err := rig.Get(ctx, s.site.URL()+"/metrics")
	if err != nil {
		return err
	}
	accepted, err := rig.Counter(metrics, "heliograph_messages_accepted_total")
	if err != nil {
		return err
	}
	final, err := rig.Counter(metrics, "heliograph_messages_final_total")
	if err == nil && final+100 < accepted { // single messages go on meanwhile
		err = fmt.Errorf("%d of %d messages are final", final, accepted)
	}
	return err
}

func (s *stage) create(ctx context.Context) (id string, err error) {
	fields := []string{"data[text]", "The same text for all of you"}
	if s.tracked {
		fields = []string{"data[text]", "See for yourself: https://shop.example/offers/7", "data[shortenLinks]", "1", "data[trackShortLinkRecipients]", "1"}
	}
	err = s.call(ctx, "campaign/create", &id, fields...)
	return id, err
}

// cancelAtOnce sends a campaign that is to wait, and cancels it.
func (s *stage) cancelAtOnce(ctx context.Context) error {
	if err := s.call(ctx, "campaign/send", nil, "id", s.grouped); err != nil {
		return err
	}
	return s.call(ctx, "campaign/cancel", nil, "id", s.grouped)
}

func (s *stage) campaignDone(ctx context.Context, id string) (bool, error) {
	var c struct{ CommonStatus string }
	err := s.call(ctx, "campaign/get", &c, "id", id)
	return c.CommonStatus == "DONE", err
}

// taskDone asks once a second, which is how often a task may be asked for.
func (s *stage) taskDone(ctx context.Context, task string) (bool, error) {
	pause := time.NewTimer(time.Second)
	defer pause.Stop()
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-pause.C:
	}
	var t struct{ Progress, Status int }
	err := s.call(ctx, "taskQueue/getStatus", &t, "id", task)
	if err == nil && t.Status == 3 {
		err = fmt.Errorf("task %s was rejected", task)
	}
	return t.Status == 2, err
}

// write makes the file of recipients.
func (s *stage) write() (err error) {
	s.file = s.rig.Path("recipients.csv")
	f, err := os.Create(s.file)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	for i := range s.recipients {
		w.WriteString(number(i) + "\n") // Flush tells of errors
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
