//go:build !failpoint

package failpoint_test

import (
	"testing"

	"github.com/heliograph-sms/heliograph/internal/failpoint"
)

func TestAnOrdinaryBuildHeedsNoFailpoint(t *testing.T) {
	for _, p := range failpoint.Points() {
		t.Setenv(failpoint.Env, string(p)+":1")
		failpoint.Hit(p)
	}
}
