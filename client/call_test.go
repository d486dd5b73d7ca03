package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// server answers requests in the place of a network: each in turn, the last again and
// again.
type server struct {
	answers []func(*http.Request) (*http.Response, error)
	seen    []seen
}

// seen is a request that came.
type seen struct {
	method, contentType, key, authorization, body string
	at                                            time.Time
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	defer r.Body.Close()
	next := s.answers[min(len(s.seen), len(s.answers)-1)]
	s.seen = append(s.seen, seen{
		method: strings.TrimPrefix(r.URL.Path, "/service/"), contentType: r.Header.Get("Content-Type"),
		key: r.Header.Get("Idempotency-Key"), authorization: r.Header.Get("Authorization"), at: time.Now(),
	})
	return next(r)
}

// body reads what the request has, whole.
func (s *server) body(r *http.Request) string {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	s.seen[len(s.seen)-1].body = string(text)
	return string(text)
}

func (s *server) client(options ...Option) *Client {
	return New("https://sms.example/", "key\n", append(options, WithHTTPClient(&http.Client{Transport: s}))...)
}

// TestRecipientsCarryTheirValues beside the number, which no value takes the place of.
func TestRecipientsCarryTheirValues(t *testing.T) {
	s := &server{}
	s.answers = []func(*http.Request) (*http.Response, error){func(r *http.Request) (*http.Response, error) {
		s.body(r)
		return says(`{"code":0,"data":[],"message":""}`)(r)
	}}
	_, err := s.client().Campaign.AddRecipients(t.Context(), CampaignAddRecipientsRequest{ID: 5, Recipients: []CampaignNewRecipient{
		{Recipient: "77010000000"}, {Recipient: "77010000001", Values: map[string]string{"name": "Ann", "recipient": "nobody"}},
	}})
	const want = `[{"recipient":"77010000000"},{"name":"Ann","recipient":"77010000001"}]`
	if err != nil || !strings.Contains(s.seen[0].body, want) {
		t.Errorf("%s, %v; want %s", s.seen[0].body, err, want)
	}
}

// says answers with an envelope, and headers that are names and values in turn.
func says(envelope string, headers ...string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		h := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
		for pair := range slices.Chunk(headers, 2) {
			h.Set(pair[0], pair[1])
		}
		return &http.Response{StatusCode: http.StatusOK, Header: h, Body: io.NopCloser(strings.NewReader(envelope))}, nil
	}
}

func status(code int) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: code, Status: fmt.Sprint(code), Body: http.NoBody}, nil
	}
}

func lost(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }

const sentAnswer = `{"code":0,"data":{"campaignId":"12","messageId":"34","status":2},"message":""}`

func TestACallIsJSONWithTheKeyInAHeader(t *testing.T) {
	s := &server{}
	s.answers = append(s.answers, func(r *http.Request) (*http.Response, error) {
		s.body(r)
		return says(sentAnswer)(r)
	})
	sent, err := s.client().Message.SendSMSMessage(t.Context(), MessageSendSMSMessageRequest{
		Recipient: "77010000000", Text: "Hello", Params: MessageSendSMSMessageParams{Mclass: new(Int(0))},
	})
	if err != nil || *sent != (MessageSent{CampaignID: 12, MessageID: 34, Status: 2}) {
		t.Errorf("%+v, %v", sent, err)
	}
	got := s.seen[0]
	if got.method != "message/sendSmsMessage" || got.contentType != "application/json" || got.authorization != "Bearer key" || got.key == "" {
		t.Errorf("%+v", got)
	}
	if want := `{"recipient":"77010000000","text":"Hello","params":{"mclass":0}}`; got.body != want {
		t.Errorf("%s, want %s", got.body, want)
	}
}

// TestEveryCodeIsAnErrorOfItsOwn and no other.
func TestEveryCodeIsAnErrorOfItsOwn(t *testing.T) {
	all := map[int]error{
		1: ErrValidation, 2: ErrNotFound, 3: ErrInternal, 4: ErrBadModule, 5: ErrBadMethod, 6: ErrBadFormat, 8: ErrLogin,
		9: ErrAccess, 10: ErrDataUpdate, 11: ErrMissingParameter, 12: ErrBadParameter, 13: ErrWrongServer, 14: ErrAccountBlocked,
		15: ErrOperationFailed, 30: ErrRateLimit, 98: ErrPartlyDone, 99: ErrNothingDone, 999: ErrService,
	}
	for code, want := range all {
		s := &server{answers: []func(*http.Request) (*http.Response, error){says(fmt.Sprintf(`{"code":%d,"data":null,"message":"No."}`, code), "X-Request-Id", "r1")}}
		_, err := s.client(WithRetries(0)).Campaign.Get(t.Context(), CampaignGetRequest{ID: 1})
		for other, e := range all {
			if errors.Is(err, e) != (other == code) {
				t.Errorf("code %d: errors.Is says %t of the error of %d", code, other != code, other)
			}
		}
		e, ok := errors.AsType[*Error](err)
		if !ok || !errors.Is(err, want) || e.Code != code || e.Message != "No." || e.RequestID != "r1" {
			t.Errorf("code %d: %v", code, err)
		}
		if said := fmt.Sprintf("campaign/get: code %d: No. (request r1)", code); err == nil || err.Error() != said {
			t.Errorf("%v, want %s", err, said)
		}
	}
}

func TestAnErrorTellsTheFieldsTheDomainAndTheWait(t *testing.T) {
	ask := func(envelope string, headers ...string) *Error {
		s := &server{answers: []func(*http.Request) (*http.Response, error){says(envelope, headers...)}}
		err := s.client(WithRetries(0)).User.Logout(t.Context())
		e, ok := errors.AsType[*Error](err)
		if !ok {
			t.Fatalf("%s: %v", envelope, err)
		}
		return e
	}
	if e := ask(`{"code":1,"data":{"text":["too long"]},"message":""}`); !reflect.DeepEqual(e.Fields, map[string][]string{"text": {"too long"}}) {
		t.Errorf("%+v", e)
	}
	if e := ask(`{"code":13,"data":"api.other.example","message":""}`); e.Domain != "api.other.example" {
		t.Errorf("%+v", e)
	}
	if e := ask(`{"code":30,"data":null,"message":""}`, "Retry-After", "7"); e.RetryAfter != 7*time.Second {
		t.Errorf("%+v", e)
	}
	if e := ask(`{"code":1,"data":"odd","message":""}`); e.Code != 1 || e.Fields != nil || string(e.Data) != `"odd"` {
		t.Errorf("%+v", e)
	}
}

func TestWhatWasDoneInPartComesBesideTheError(t *testing.T) {
	for code, want := range map[int]error{98: ErrPartlyDone, 99: ErrNothingDone} {
		s := &server{answers: []func(*http.Request) (*http.Response, error){
			says(fmt.Sprintf(`{"code":%d,"data":{"processed":["1"],"notProcessed":["2"]},"message":""}`, code)),
		}}
		got, err := s.client().Link.Delete(t.Context(), LinkDeleteRequest{IDs: []Int{1, 2}})
		if !errors.Is(err, want) || got == nil || !slices.Equal(got.NotProcessed, []string{"2"}) {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

func TestWhatRunsInTheBackgroundGivesItsTask(t *testing.T) {
	for envelope, want := range map[string]Outcome[[]CampaignAddedItem]{
		`{"code":100,"data":77,"message":""}`:                               {TaskID: 77},
		`{"code":0,"data":[{"recipient":"7701","code":0,"messageId":"5"}]}`: {Data: []CampaignAddedItem{{Recipient: "7701", MessageID: 5}}},
	} {
		s := &server{answers: []func(*http.Request) (*http.Response, error){says(envelope)}}
		got, err := s.client().Campaign.AddRecipients(t.Context(), CampaignAddRecipientsRequest{ID: 1})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", envelope, got, err)
		}
	}
}

// TestACallIsRepeatedWithTheSameKey after whatever may pass, and with growing waits.
func TestACallIsRepeatedWithTheSameKey(t *testing.T) {
	passing := map[string]func(*http.Request) (*http.Response, error){
		"a lost connection": lost,
		"a gateway's error": status(http.StatusBadGateway),
		"too many calls":    says(`{"code":30,"data":null,"message":""}`),
		"no service":        says(`{"code":999,"data":null,"message":""}`),
	}
	for name, failure := range passing {
		synctest.Test(t, func(t *testing.T) {
			s := &server{answers: []func(*http.Request) (*http.Response, error){failure, failure, failure, says(sentAnswer)}}
			_, err := s.client().Message.SendSMSMessage(t.Context(), MessageSendSMSMessageRequest{})
			if err != nil || len(s.seen) != 4 {
				t.Fatalf("%s: %d calls, %v", name, len(s.seen), err)
			}
			for i, call := range s.seen[1:] {
				if call.key != s.seen[0].key || call.key == "" {
					t.Errorf("%s: keys %q and %q", name, s.seen[0].key, call.key)
				}
				if waited := call.at.Sub(s.seen[i].at); waited < firstWait<<i/2 || waited > firstWait<<i {
					t.Errorf("%s: waited %s before try %d", name, waited, i+2)
				}
			}
		})
	}
}

func TestTriesAreUsedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{answers: []func(*http.Request) (*http.Response, error){lost}}
		err := s.client(WithRetries(5)).User.Logout(t.Context())
		if !errors.Is(err, ErrConnection) || !errors.Is(err, io.ErrUnexpectedEOF) || len(s.seen) != 6 {
			t.Errorf("%d calls, %v", len(s.seen), err)
		}
	})
}

func TestWhatWillNotPassIsNotRepeated(t *testing.T) {
	for name, answer := range map[string]func(*http.Request) (*http.Response, error){
		"no money":         says(`{"code":15,"data":null,"message":""}`),
		"a defect":         says(`{"code":3,"data":null,"message":""}`),
		"another server":   status(http.StatusNotFound),
		"another language": says(`<html>`),
		"no envelope":      says(`{"status":"ok"}`),
		"other data":       says(`{"code":0,"data":"12","message":""}`),
	} {
		s := &server{answers: []func(*http.Request) (*http.Response, error){answer}}
		if _, err := s.client().Message.List(t.Context(), MessageListRequest{}); err == nil || len(s.seen) != 1 {
			t.Errorf("%s: %d calls, %v", name, len(s.seen), err)
		}
	}
}

func TestAWaitIsAsTheServerAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := says(`{"code":30,"data":null,"message":""}`, "Retry-After", "25")
		s := &server{answers: []func(*http.Request) (*http.Response, error){busy, says(sentAnswer)}}
		begin := time.Now()
		if _, err := s.client().Message.SendSMSMessage(t.Context(), MessageSendSMSMessageRequest{}); err != nil || time.Since(begin) != 25*time.Second {
			t.Errorf("after %s: %v", time.Since(begin), err)
		}

		// What it asks for comes after the context's end.
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Second)
		defer cancel()
		s = &server{answers: []func(*http.Request) (*http.Response, error){busy}}
		begin = time.Now()
		if err := s.client().User.Logout(ctx); !errors.Is(err, ErrRateLimit) || time.Since(begin) != 0 {
			t.Errorf("after %s: %v", time.Since(begin), err)
		}
	})
}

func TestReadingCallsHaveNoIdempotencyKey(t *testing.T) {
	s := &server{answers: []func(*http.Request) (*http.Response, error){says(`{"code":0,"data":{"balance":"1.0000","currency":"KZT"},"message":""}`)}}
	own, err := s.client().User.GetOwnBalance(t.Context())
	if err != nil || own.Balance != "1.0000" || s.seen[0].key != "" {
		t.Errorf("%+v, %+v, %v", own, s.seen[0], err)
	}
}

func TestACallersOwnKeyIsSent(t *testing.T) {
	s := &server{answers: []func(*http.Request) (*http.Response, error){says(sentAnswer)}}
	_, err := s.client().Message.SendSMSMessage(WithIdempotencyKey(t.Context(), "order 5"), MessageSendSMSMessageRequest{})
	if err != nil || s.seen[0].key != "order 5" {
		t.Errorf("%+v, %v", s.seen[0], err)
	}
}

// TestAnEmptyKeyOfTheCallersIsNone: the call has one of its own, so that it is done once
// however often it is sent.
func TestAnEmptyKeyOfTheCallersIsNone(t *testing.T) {
	for _, key := range []string{"", "  ", "\t\n"} {
		synctest.Test(t, func(t *testing.T) {
			s := &server{answers: []func(*http.Request) (*http.Response, error){lost, says(sentAnswer)}}
			_, err := s.client().Message.SendSMSMessage(WithIdempotencyKey(t.Context(), key), MessageSendSMSMessageRequest{})
			if err != nil || len(s.seen) != 2 {
				t.Fatalf("%q: %d calls, %v", key, len(s.seen), err)
			}
			if first, second := s.seen[0].key, s.seen[1].key; strings.TrimSpace(first) == "" || second != first {
				t.Errorf("%q: sent with the keys %q and %q", key, first, second)
			}
		})
	}
}

func TestAFileIsGivenAsItComes(t *testing.T) {
	s := &server{answers: []func(*http.Request) (*http.Response, error){
		says("id;to\n", "Content-Type", "text/csv", "X-Api-Code", "0"),
		says(`{"code":2,"data":null,"message":""}`),
	}}
	c := s.client()
	file, err := c.Campaign.Export(t.Context(), CampaignExportRequest{ID: 1})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(file); string(text) != "id;to\n" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := c.Campaign.Export(t.Context(), CampaignExportRequest{ID: 1}); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

// TestAPageIsNoFile: what stands between may answer 200 with a page to log in on, which must
// not be kept as the campaign's numbers.
func TestAPageIsNoFile(t *testing.T) {
	for name, answer := range map[string]func(*http.Request) (*http.Response, error){
		"a page":            says("<html>Log in</html>", "Content-Type", "text/html"),
		"a file of another": says("id;to\n", "Content-Type", "text/csv"),
		"another code":      says("id;to\n", "Content-Type", "text/csv", "X-Api-Code", "3"),
	} {
		s := &server{answers: []func(*http.Request) (*http.Response, error){answer}}
		file, err := s.client().Campaign.Export(t.Context(), CampaignExportRequest{ID: 1})
		if !errors.Is(err, ErrNotHeliograph) || file != nil || len(s.seen) != 1 {
			t.Errorf("%s: %v after %d calls, a file: %t", name, err, len(s.seen), file != nil)
		}
	}
}

func TestNumbersAreReadInEveryForm(t *testing.T) {
	for text, want := range map[string]Int{`5`: 5, `"5"`: 5, `""`: 0, `null`: 0, `true`: 0, `"-1"`: -1, `"9223372036854775807"`: 1<<63 - 1} {
		var n Int
		if err := json.Unmarshal([]byte(text), &n); err != nil || n != want {
			t.Errorf("%s: %d, %v", text, n, err)
		}
	}
	var n Int
	if err := json.Unmarshal([]byte(`"x"`), &n); err == nil {
		t.Error("x is no number")
	}
	var row LinkRow
	if err := json.Unmarshal([]byte(`{"param":"2026-11","clicks0":"3","redirects0":0}`), &row); err != nil || row.Param != "2026-11" || !reflect.DeepEqual(row.Counts, map[string]Int{"clicks0": 3, "redirects0": 0}) {
		t.Errorf("%+v, %v", row, err)
	}
}

func TestARedirectThatLosesTheParametersIsNoAnswer(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"code":11,"data":null,"message":"A required parameter is missing: data."}`)
	}))
	defer target.Close()
	moved := httptest.NewServer(http.RedirectHandler(target.URL+"/service/link/create", http.StatusMovedPermanently))
	defer moved.Close()
	_, err := New(moved.URL, "key").Link.Create(t.Context(), LinkCreateRequest{Data: LinkCreateData{FullLink: "https://a.example"}})
	if !errors.Is(err, ErrNotHeliograph) || !strings.Contains(err.Error(), target.URL) {
		t.Errorf("%v: neither what happened nor where to call", err)
	}
}

func TestTheAddressMayBeTheOneThatServersPrint(t *testing.T) {
	for _, base := range []string{"https://sms.example", "https://sms.example/", "https://sms.example/service", "https://sms.example/service/"} {
		s := &server{}
		s.answers = append(s.answers, func(r *http.Request) (*http.Response, error) {
			if r.URL.Path != "/service/user/getOwnBalance" {
				t.Errorf("%s: called %s", base, r.URL)
			}
			return says(`{"code":0,"data":{"balance":"1.0000","currency":"KZT"},"message":""}`)(r)
		})
		if _, err := New(base, "key", WithHTTPClient(&http.Client{Transport: s})).User.GetOwnBalance(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
