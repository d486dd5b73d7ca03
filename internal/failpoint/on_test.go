//go:build failpoint

package failpoint_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/failpoint"
)

// TestFailpointKillsAtTheNthHit runs itself again, as the process that is to die.
func TestFailpointKillsAtTheNthHit(t *testing.T) {
	if os.Getenv(failpoint.Env) != "" {
		defer fmt.Println("deferred")
		for i := range 5 {
			fmt.Println("hit", i+1)
			failpoint.Hit(failpoint.Intended)
			failpoint.Hit(failpoint.Answered)
		}
		return
	}
	for _, tt := range []struct {
		value, said string
		killed      bool
	}{
		{"answered:3", "hit 1\nhit 2\nhit 3\nfailpoint answered:3\n", true},
		{"answered:6", "hit 1\nhit 2\nhit 3\nhit 4\nhit 5\ndeferred\nPASS\n", false},
		{"spilled:1", "hit 1\nhit 2\nhit 3\nhit 4\nhit 5\ndeferred\nPASS\n", false},
		{"answred:1", "hit 1\n" + failpoint.Env + ": no failpoint is called \"answred\"\n", false},
		{"answered:0", "hit 1\n" + failpoint.Env + ": \"0\" is no number from 1\n", false},
		{"answered", "hit 1\n" + failpoint.Env + ": \"\" is no number from 1\n", false},
	} {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), failpoint.Env+"="+tt.value)
		said, _ := cmd.CombinedOutput() // how it ended stands in ProcessState
		status := cmd.ProcessState.Sys().(syscall.WaitStatus)
		killed := status.Signaled() && status.Signal() == syscall.SIGKILL
		if killed != tt.killed || !strings.HasPrefix(string(said), tt.said) {
			t.Errorf("%s: killed is %t, and it said\n%s", tt.value, killed, said)
		}
	}
}
