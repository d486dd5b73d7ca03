package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// listing answers message/list with total messages, from the page that fails on with 999.
func listing(t *testing.T, total int, failsFrom Int) *server {
	s := &server{}
	s.answers = []func(*http.Request) (*http.Response, error){func(r *http.Request) (*http.Response, error) {
		var asked struct {
			Pagination struct{ PageSize, CurrentPage Int }
			Sort       struct{ ID string }
		}
		if err := json.Unmarshal([]byte(s.body(r)), &asked); err != nil || asked.Sort.ID != "ASC" || asked.Pagination.PageSize != 100 {
			t.Errorf("asked for %+v, %v", asked, err)
		}
		if asked.Pagination.CurrentPage >= failsFrom {
			return says(`{"code":2,"data":null,"message":""}`)(r)
		}
		first := int(asked.Pagination.CurrentPage) * 100
		items := []map[string]string{}
		for id := first + 1; id <= min(first+100, total); id++ {
			items = append(items, map[string]string{"id": fmt.Sprint(id)})
		}
		text, err := json.Marshal(map[string]any{"code": 0, "data": map[string]any{"items": items, "totalItemCount": fmt.Sprint(total)}})
		if err != nil {
			t.Error(err)
		}
		return says(string(text))(r)
	}}
	return s
}

func TestEverythingIsGoneThroughOnceInOrder(t *testing.T) {
	for _, total := range []int{0, 1, 99, 100, 101, 250} {
		s := listing(t, total, 1000)
		all := s.client().Message.All(t.Context(), MessageListRequest{Pagination: Pagination{CurrentPage: 7}})
		for range 2 { // may be gone through again
			var ids []Int
			for message, err := range all {
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, message.ID)
			}
			if len(ids) != total || !slices.IsSorted(ids) || len(slices.Compact(ids)) != total {
				t.Errorf("%d of %d: %v", len(ids), total, ids)
			}
		}
		if want := 2 * max(1, (total+99)/100); len(s.seen) != want {
			t.Errorf("%d messages took %d calls, want %d", total, len(s.seen), want)
		}
	}
}

func TestGoingThroughStopsWhenItIsLeftAndAtAnError(t *testing.T) {
	s := listing(t, 500, 1)
	for range s.client().Message.All(t.Context(), MessageListRequest{}) {
		break
	}
	if len(s.seen) != 1 {
		t.Errorf("%d calls", len(s.seen))
	}
	n := 0
	var failure error
	for _, err := range s.client().Message.All(t.Context(), MessageListRequest{}) {
		if n++; err != nil {
			failure = err
		}
	}
	if n != 101 || !errors.Is(failure, ErrNotFound) {
		t.Errorf("%d items, %v", n, failure)
	}
}

// TestATaskIsWaitedFor asks once a second, which is as often as one may.
func TestATaskIsWaitedFor(t *testing.T) {
	says := func(status Int) func(*http.Request) (*http.Response, error) {
		return says(fmt.Sprintf(`{"code":0,"data":{"progress":50,"status":%d},"message":""}`, status))
	}
	for _, tt := range []struct {
		last Int
		want error
	}{{TaskDone, nil}, {TaskRejected, ErrTaskRejected}} {
		synctest.Test(t, func(t *testing.T) {
			s := &server{answers: []func(*http.Request) (*http.Response, error){says(TaskWaiting), says(TaskRunning), says(tt.last)}}
			begin := time.Now()
			if err := s.client().TaskQueue.Wait(t.Context(), 7); !errors.Is(err, tt.want) || time.Since(begin) != 2*time.Second {
				t.Errorf("after %s: %v, want %v", time.Since(begin), err, tt.want)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s := &server{answers: []func(*http.Request) (*http.Response, error){says(TaskRunning)}}
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		if err := s.client().TaskQueue.Wait(ctx, 7); !errors.Is(err, context.DeadlineExceeded) || len(s.seen) != 3 {
			t.Errorf("%d calls, %v", len(s.seen), err)
		}
	})
	if err := (&server{}).client().TaskQueue.Wait(t.Context(), 0); err != nil { // done at once
		t.Error(err)
	}
}
