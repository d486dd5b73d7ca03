package user_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestStandingFollowsChangesByAnyProcess(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		other := h.elsewhere(t)
		id, _ := h.account(t)
		if err := h.Block(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		for _, each := range []*house{h, other} {
			if err := each.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = each.Stop(context.Background()) })
			if got := each.Standing(id); got != user.Blocked {
				t.Fatalf("%s once the module is started, want blocked", got)
			}
		}
		for _, step := range []struct {
			change func(context.Context, int64) error
			want   user.Status
		}{{h.Unblock, user.Usable}, {h.Block, user.Blocked}, {h.Delete, user.Deleted}} {
			if err := step.change(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			other.look(t)
			for _, each := range []*house{h, other} {
				testkit.Eventually(t, 10*time.Second, func() error {
					if got := each.Standing(id); got != step.want {
						return fmt.Errorf("%s, want %s", got, step.want)
					}
					return nil
				})
			}
		}
		if got := h.Standing(id + 1); got != user.Usable {
			t.Errorf("an unknown account is %s", got)
		}
	})
}
