package webhook_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/modules/webhook/post"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// receivers stand for other people's machines, at addresses that need not exist: they
// note what is posted, and outlive the processes that post it.
type receivers struct {
	mu      sync.Mutex
	posts   []posted
	came    chan struct{} // closed with the next post
	answers map[string]answer
}

// posted is one attempt as it came in.
type posted struct {
	node int64
	post.Target
	post.Event
}

// answer is what a receiver does.
type answer func(ctx context.Context) post.Result

func newReceivers() *receivers {
	return &receivers{came: make(chan struct{}), answers: map[string]answer{}}
}

func accepts(context.Context) post.Result {
	return post.Result{HTTPStatus: 204, Duration: 3 * time.Millisecond}
}

func refuses(context.Context) post.Result {
	return post.Result{HTTPStatus: 503, Duration: 2 * time.Millisecond, Problem: post.Status}
}

// neverAnswers: the attempt ends with the process.
func neverAnswers(ctx context.Context) post.Result {
	<-ctx.Done()
	return post.Result{Problem: post.Interrupted, Err: ctx.Err()}
}

// answersWhen has a receiver answer what it has and what it gets once open is closed.
func answersWhen(open <-chan struct{}, then answer) answer {
	return func(ctx context.Context) post.Result {
		select {
		case <-open:
			return then(ctx)
		case <-ctx.Done():
			return neverAnswers(ctx)
		}
	}
}

// at has the receiver at an address behave in a way; by itself it accepts everything.
func (r *receivers) at(url string, does answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers[url] = does
}

// poster is the way to the receivers from one node.
type poster struct {
	*receivers
	node func() int64
}

func (p poster) Post(ctx context.Context, to *post.Target, e *post.Event) post.Result {
	p.mu.Lock()
	does := p.answers[to.URL]
	p.posts = append(p.posts, posted{p.node(), *to, *e})
	close(p.came)
	p.came = make(chan struct{})
	p.mu.Unlock()
	if does == nil {
		does = accepts
	}
	return does(ctx)
}

func (poster) Close() {}

// all is what has come in at an address so far.
func (r *receivers) all(url string) []posted {
	posts, _ := r.look(url)
	return posts
}

func (r *receivers) look(url string) ([]posted, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.posts), func(p posted) bool { return p.URL != url }), r.came
}

// await waits until so many attempts have come in at an address.
func (r *receivers) await(t *testing.T, url string, n int) []posted {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		posts, came := r.look(url)
		if len(posts) >= n {
			return posts
		}
		select {
		case <-came:
		case <-deadline.C:
			t.Fatalf("%d attempts came in at %s, want %d", len(posts), url, n)
		}
	}
}

// attempts gives the numbers of the attempts of each event, in the order they came in.
func attempts(posts []posted) map[int64][]int {
	numbers := map[int64][]int{}
	for _, p := range posts {
		numbers[p.Event.ID] = append(numbers[p.Event.ID], p.Attempt)
	}
	return numbers
}
