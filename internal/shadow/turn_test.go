package shadow

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestOursIsAskedAgainOnlyWhenItsAnswerIsCompared: of the calls that wait, no more are read
// at a time than ask.
func TestOursIsAskedAgainOnlyWhenItsAnswerIsCompared(t *testing.T) {
	numbers := strings.Repeat("1,", 100_000) // they take a while to read
	var asked, told atomic.Int32
	forwarded := make(chan struct{})
	ours := func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		<-forwarded
		says(`{"code":0,"data":[`+numbers+`1],"`+r.URL.RawQuery+`":1}`)(w, r)
	}
	tally := NewTally(io.Discard, func() time.Time { // each answer has a field that is new
		if asked, told := asked.Load(), told.Add(1); asked != told {
			t.Errorf("ours was asked %d times when %d answers were compared", asked, told)
		}
		return time.UnixMilli(0)
	})
	s := newStage(t, says(`{"code":0,"data":[`+numbers+`1]}`), ours, func(c *Config) { c.AtOnce, c.Tally = 1, tally })
	for _, field := range []string{"a", "b", "c"} {
		s.get("/service/message/list?" + field)
	}
	close(forwarded)
	s.finish()
	if all, different := tally.Compared(); all != 3 || different != 3 {
		t.Errorf("%d are compared, %d differ", all, different)
	}
}
