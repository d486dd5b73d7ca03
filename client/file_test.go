package client

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

// parts reads the form that was sent.
func parts(r *http.Request) map[string]string {
	got := map[string]string{}
	form, err := r.MultipartReader()
	if err != nil {
		panic(err)
	}
	for part, err := form.NextPart(); err == nil; part, err = form.NextPart() {
		text, _ := io.ReadAll(part)
		got[part.FormName()+" "+part.FileName()] = string(text)
	}
	return got
}

// TestAFileIsSentWholeAgain where it can be read again, and once where it can't.
func TestAFileIsSentWholeAgain(t *testing.T) {
	const people = "recipient\n77010000000\n"
	for name, tt := range map[string]struct {
		content io.Reader
		tries   int
	}{
		"a file":   {bytes.NewReader([]byte(people)), 2},
		"a stream": {io.MultiReader(strings.NewReader(people)), 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &server{}
			var got map[string]string
			s.answers = []func(*http.Request) (*http.Response, error){
				func(r *http.Request) (*http.Response, error) { parts(r); return lost(r) },
				func(r *http.Request) (*http.Response, error) {
					got = parts(r)
					return says(`{"code":100,"data":"7"}`)(r)
				},
			}
			outcome, err := s.client().Campaign.AddRecipients(t.Context(), CampaignAddRecipientsRequest{
				ID: 5, RecipientsFile: &File{"people.csv", tt.content}, Params: CampaignAddRecipientsParams{Replace: true},
			})
			if len(s.seen) != tt.tries {
				t.Fatalf("%s: %d tries", name, len(s.seen))
			}
			if tt.tries == 1 {
				if !errors.Is(err, ErrConnection) {
					t.Errorf("%s: %v", name, err)
				}
				return
			}
			if err != nil || outcome.TaskID != 7 {
				t.Errorf("%s: %+v, %v", name, outcome, err)
			}
			if got["recipientsFile people.csv"] != people || got["id "] != "5" || got["params[replace] "] != "1" {
				t.Errorf("%s: %v", name, got)
			}
		})
	}
}

// TestAFileIsSentAgainFromWhereItStood: what the program read of it before is not sent at
// the first try, nor at a further one.
func TestAFileIsSentAgainFromWhereItStood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const header, people = "recipient\n", "77010000000\n"
		content := strings.NewReader(header + people)
		if _, err := io.CopyN(io.Discard, content, int64(len(header))); err != nil {
			t.Fatal(err)
		}
		var sent []string
		s := &server{answers: []func(*http.Request) (*http.Response, error){func(r *http.Request) (*http.Response, error) {
			sent = append(sent, parts(r)["recipientsFile people.csv"])
			return lost(r)
		}}}
		_, err := s.client(WithRetries(2)).Campaign.AddRecipients(t.Context(), CampaignAddRecipientsRequest{ID: 5, RecipientsFile: &File{"people.csv", content}})
		if want := []string{people, people, people}; !slices.Equal(sent, want) || !errors.Is(err, ErrConnection) {
			t.Errorf("sent %q, want %q; %v", sent, want, err)
		}
	})
}

// TestACallThatIsCutLeavesNobodyReading the file: what is the caller's again is in nobody
// else's hands.
func TestACallThatIsCutLeavesNobodyReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := &slowly{begun: make(chan struct{})}
		s := &server{answers: []func(*http.Request) (*http.Response, error){func(r *http.Request) (*http.Response, error) {
			go io.Copy(io.Discard, r.Body)
			<-content.begun
			return lost(r)
		}}}
		_, err := s.client().Campaign.AddRecipients(t.Context(), CampaignAddRecipientsRequest{ID: 5, RecipientsFile: &File{"people.csv", content}})
		if !errors.Is(err, ErrConnection) || content.reading.Load() {
			t.Errorf("still reading: %t, %v", content.reading.Load(), err)
		}
	})
}

// slowly is an endless file of which each read takes a second.
type slowly struct {
	begun   chan struct{}
	reading atomic.Bool
	once    sync.Once
}

func (s *slowly) Read(p []byte) (int, error) {
	s.reading.Store(true)
	defer s.reading.Store(false)
	s.once.Do(func() { close(s.begun) })
	<-time.After(time.Second)
	return len(p), nil
}

// TestAnEmptyFileIsSentAsAnEmptyValue and so takes away what is there.
func TestAnEmptyFileIsSentAsAnEmptyValue(t *testing.T) {
	var got map[string]string
	s := &server{answers: []func(*http.Request) (*http.Response, error){func(r *http.Request) (*http.Response, error) {
		got = parts(r)
		return says(`{"code":0,"data":true,"message":""}`)(r)
	}}}
	err := s.client().ContactCard.Update(t.Context(), ContactCardUpdateRequest{ID: 5, Data: ContactCardUpdateData{
		Email: &ContactCardChannel{}, Photo: &File{},
	}})
	want := map[string]string{"id ": "5", "data[email][value] ": "", "data[photo] ": ""}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}

func TestAFileThatCannotBeReadFailsTheCall(t *testing.T) {
	bad := errors.New("a bad disk")
	s := &server{answers: []func(*http.Request) (*http.Response, error){func(r *http.Request) (*http.Response, error) {
		_, err := io.ReadAll(r.Body)
		return nil, err
	}}}
	_, err := s.client().Campaign.AddRecipients(t.Context(), CampaignAddRecipientsRequest{ID: 5, RecipientsFile: &File{"people.csv", iotest.ErrReader(bad)}})
	if !errors.Is(err, bad) {
		t.Error(err)
	}
}
