package alphaname_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/alphaname"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestASenderIsUsableOnceApprovedAndNoLongerOnceRefused(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		m, _ := open(t, url)
		ctx := t.Context()
		id, err := m.Request(ctx, ann, "ACME", "Our shop")
		mustLoad(t, m, err)
		becomes := func(usable bool, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			testkit.Eventually(t, 5*time.Second, func() error {
				if m.Usable(ann, "ACME", "KZ") != usable {
					return fmt.Errorf("usable: %t", !usable)
				}
				return nil
			})
		}
		becomes(false, nil)
		becomes(true, m.Approve(ctx, id, 0))
		becomes(false, m.Refuse(ctx, id, "No proof"))
		becomes(true, m.Approve(ctx, id, 0))
	})
}

func TestAnApprovalEndsWhenItSays(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		clock := testkit.NewClock()
		d := testkit.Open(t, url, clock)
		m := alphaname.New(d, db.NewWatcher(d), testkit.Logger(t))
		ctx := t.Context()
		id := add(t, m, ann, "ACME", true)
		add(t, m, alphaname.Shared, "INFO", false)
		mustLoad(t, m, m.Approve(ctx, id, clock.Now().Add(time.Hour).UnixMilli()))
		for _, want := range []string{"ACME", "INFO"} {
			if got, _ := m.Resolve(ann, "ACME", "KZ"); got != want {
				t.Errorf("at %v: %s, want %s", clock.Now(), got, want)
			}
			clock.Advance(time.Hour)
		}
		if err := m.Approve(ctx, id, clock.Now().UnixMilli()); err == nil {
			t.Error("an approval was given that is over")
		}
	})
}

// TestEachDecisionLeavesWhatItShould in the sender's row.
func TestEachDecisionLeavesWhatItShould(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		clock := testkit.NewClock()
		d := testkit.Open(t, url, clock)
		m := alphaname.New(d, db.NewWatcher(d), testkit.Logger(t))
		ctx := t.Context()
		made := clock.Now().UnixMilli()
		add(t, m, ann, "FIRST", true)
		id, err := m.Request(ctx, ann, "ACME", "Our shop")
		if err != nil {
			t.Fatal(err)
		}
		until := clock.Now().Add(100 * time.Hour).UnixMilli()
		for _, step := range []struct {
			by      func() error
			want    string // status, default, comment, countries, end
			decided bool
		}{
			{func() error { return m.SetDefault(ctx, id, true) }, "waiting false  [] 0", false},
			{func() error { return m.Approve(ctx, id, until) }, fmt.Sprintf("usable false  [] %d", until), true},
			{func() error { return m.SetDefault(ctx, id, true) }, fmt.Sprintf("usable true  [] %d", until), false},
			{func() error { return m.Register(ctx, id, []string{"KZ", "RU"}) }, fmt.Sprintf("usable true  [KZ RU] %d", until), false},
			{func() error { return m.Refuse(ctx, id, "No proof") }, "refused false No proof [KZ RU] 0", true},
			{func() error { return m.SetDefault(ctx, id, true) }, "refused false No proof [KZ RU] 0", false},
			{func() error { return m.Approve(ctx, id, 0) }, "usable false  [KZ RU] 0", true},
			{func() error { return m.Register(ctx, id, nil) }, "usable false  [] 0", false},
			{func() error { return m.SetDefault(ctx, id, true) }, "usable true  [] 0", false},
			{func() error { return m.SetDefault(ctx, id, false) }, "usable false  [] 0", false},
		} {
			clock.Advance(time.Minute)
			before := find(t, m, id).Updated
			if err := step.by(); err != nil && !errors.Is(err, alphaname.ErrUnready) {
				t.Fatal(err)
			}
			a := find(t, m, id)
			got := fmt.Sprintf("%s %t %s %v %d", a.Status, a.Default, a.Comment, a.Registered, a.Expires)
			if got != step.want || a.Description != "Our shop" || a.Created != made || (a.Updated > before) != step.decided {
				t.Errorf("%s, %+v; want %s", got, a, step.want)
			}
		}
		if first := find(t, m, 1); first.Default {
			t.Error("the default before is the default still")
		}
	})
}

func find(t *testing.T, m *alphaname.Module, id int64) alphaname.Alphaname {
	t.Helper()
	all, err := m.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if a.ID == id {
			return a
		}
	}
	t.Fatalf("there is no sender %d", id)
	return alphaname.Alphaname{}
}

func TestDecisionsOnNoSenderAndUnusableWordsAreRefused(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		m, _ := open(t, url)
		ctx := t.Context()
		id := add(t, m, ann, "ACME", false)
		for _, decide := range []func() error{
			func() error { return m.Approve(ctx, 9, 0) },
			func() error { return m.Refuse(ctx, 9, "") },
			func() error { return m.SetDefault(ctx, 9, true) },
			func() error { return m.SetDefault(ctx, 9, false) },
			func() error { return m.Register(ctx, 9, nil) },
		} {
			if err := decide(); !errors.Is(err, alphaname.ErrNone) {
				t.Error(err)
			}
		}
		for _, words := range []string{"a\x00b", "\xff", strings.Repeat("я", 1001)} {
			if err := m.Refuse(ctx, id, words); err == nil {
				t.Errorf("refused with %.10q", words)
			}
			if _, err := m.Request(ctx, ann, "NEW", words); err == nil {
				t.Errorf("requested with %.10q", words)
			}
		}
		if _, err := m.Request(ctx, ann, "ACME", ""); !errors.Is(err, alphaname.ErrExists) {
			t.Error(err)
		}
		if _, err := m.Request(ctx, ann, "Too long a name", ""); !errors.Is(err, alphaname.ErrName) {
			t.Error(err)
		}
		if all, err := m.List(ctx); err != nil || len(all) != 1 || all[0].Status != alphaname.Usable {
			t.Errorf("%+v, %v", all, err)
		}
	})
}
