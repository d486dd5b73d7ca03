package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/heliograph-sms/heliograph/client"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// sdk gives the Go client of a server.
func (c caller) sdk() *client.Client { return client.New(c.url, c.key, client.WithHTTPClient(c.http)) }

// TestTheGoClientDoesAProgramsWork against a whole server and a carrier: messages, a
// campaign from a file, links, lists, webhooks and stop lists.
func TestTheGoClientDoesAProgramsWork(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, at string) {
		t.Parallel()
		sim := startSimulator(t, smsc.Config{})
		s := newSite(t, at, options{carrier: sim.Addr()})
		server := s.serve()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		c := server.sdk()
		sends(ctx, t, c, server.caller)
		runsACampaign(ctx, t, c)
		keepsRecords(ctx, t, c)
		server.stop()
	})
}

// ok fails the test at an error.
func ok[T any](t *testing.T) func(T, error) T {
	return func(result T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
}

func sends(ctx context.Context, t *testing.T, c *client.Client, by caller) {
	t.Helper()
	for i := range 3 {
		sent := ok[*client.MessageSent](t)(c.Message.SendSMSMessage(ctx, client.MessageSendSMSMessageRequest{
			Recipient: fmt.Sprint(77010000000 + i*100), Text: "Hello", Params: client.MessageSendSMSMessageParams{Validity: 60},
		}))
		by.becomes(t, fmt.Sprint(sent.MessageID), "DELIVRD")
	}
	var ids []client.Int
	for message, err := range c.Message.All(ctx, client.MessageListRequest{Pagination: client.Pagination{PageSize: 2}, WithNumberInfo: true}) {
		if err != nil || message.Status != "DELIVRD" || message.CountryA2 != "KZ" || message.SegNum != 1 {
			t.Errorf("%+v, %v", message, err)
		}
		ids = append(ids, message.ID)
	}
	if len(ids) != 3 || !slices.IsSorted(ids) {
		t.Errorf("messages %v", ids)
	}
	if statuses := ok[[]client.MessageStatusResult](t)(c.Message.GetSMSStatus(ctx, client.MessageGetSMSStatusRequest{IDs: ids})); len(statuses) != 3 {
		t.Errorf("%+v", statuses)
	}
	story := ok[*client.MessageExplainResult](t)(c.Message.Explain(ctx, client.MessageExplainRequest{ID: ids[0]}))
	if len(story.Steps) < 3 {
		t.Errorf("%+v", story)
	}
	_, err := c.Message.SendSMSMessage(ctx, client.MessageSendSMSMessageRequest{Recipient: "nobody", Text: "Hello"})
	if e, is := errors.AsType[*client.Error](err); !is || !errors.Is(err, client.ErrValidation) || len(e.Fields["recipient"]) != 1 || e.RequestID == "" {
		t.Error(err)
	}
}

func runsACampaign(ctx context.Context, t *testing.T, c *client.Client) {
	t.Helper()
	id := ok[client.Int](t)(c.Campaign.Create(ctx, client.CampaignCreateRequest{Data: client.CampaignCreateData{
		Text: "Hello {name}: https://a.example/x", Type: 3, ShortenLinks: true, TrackShortLinkRecipients: true, Mclass: new(client.Int(1)),
	}}))
	outcome := ok[client.Outcome[[]client.CampaignAddedItem]](t)(c.Campaign.AddRecipients(ctx, client.CampaignAddRecipientsRequest{
		ID: id, RecipientsFile: &client.File{Name: "people.csv", Content: strings.NewReader("recipient,name\n77010000100,Ann\n77010000200,Bob\n")},
		Params: client.CampaignAddRecipientsParams{RecipientsFileSkipHeader: true, PlaceholdersFlag: 3},
	}))
	if outcome.TaskID == 0 {
		t.Fatalf("%+v", outcome)
	}
	if err := c.TaskQueue.Wait(ctx, outcome.TaskID); err != nil {
		t.Fatal(err)
	}
	more := ok[client.Outcome[[]client.CampaignAddedItem]](t)(c.Campaign.AddRecipients(ctx, client.CampaignAddRecipientsRequest{
		ID: id, Recipients: []client.CampaignNewRecipient{{Recipient: "77010000300", Values: map[string]string{"name": "Eve"}}},
		Params: client.CampaignAddRecipientsParams{PlaceholdersFlag: 3},
	}))
	if more.TaskID != 0 || len(more.Data) != 1 || more.Data[0].Code != 0 {
		t.Errorf("%+v", more)
	}
	if status := ok[client.Int](t)(c.Campaign.Send(ctx, client.CampaignSendRequest{ID: id})); status != 2 {
		t.Errorf("status %d", status)
	}
	info := ok[*client.CampaignInfo](t)(c.Campaign.GetInfo(ctx, client.CampaignGetInfoRequest{ID: id, GetFilledTplCampaignText: new(false)}))
	if info.Counters.TotalMsgNum != 3 || !strings.HasPrefix(info.Text, "Hello {name}: ") || info.ID != id {
		t.Errorf("%+v", info)
	}
	links := ok[[]client.LinkOfCampaign](t)(c.Campaign.GetLinks(ctx, client.CampaignGetLinksRequest{CampaignID: id}))
	if len(links) != 1 || links[0].FullLink != "https://a.example/x" {
		t.Errorf("%+v", links)
	}
	file, err := c.Campaign.Export(ctx, client.CampaignExportRequest{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
}

// onePixel is a picture.
const onePixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

func keepsRecords(ctx context.Context, t *testing.T, c *client.Client) {
	t.Helper()
	link := ok[*client.LinkCreated](t)(c.Link.Create(ctx, client.LinkCreateRequest{Data: client.LinkCreateData{FullLink: "https://a.example/y"}}))
	off := client.LinkUpdateRequest{ID: link.ID, Data: client.LinkUpdateData{Status: new(client.Int(0)), Comment: new("old")}}
	if err := c.Link.Update(ctx, off); err != nil {
		t.Error(err)
	}
	if got := ok[*client.LinkObject](t)(c.Link.Get(ctx, client.LinkGetRequest{Code: link.Code})); got.ID != link.ID || got.Comment != "old" {
		t.Errorf("%+v", got)
	}
	stats := ok[*client.LinkStats](t)(c.Link.GetStats(ctx, client.LinkGetStatsRequest{IDs: []client.Int{link.ID}, Type: "daily"}))
	if len(stats.Items) == 0 || len(stats.Items[0].Counts) != 2 {
		t.Errorf("%+v", stats)
	}
	card := ok[client.Int](t)(c.ContactCard.Create(ctx, client.ContactCardCreateRequest{Data: client.ContactCardCreateData{
		Name: "Ann", Info: "x", Email: &client.ContactCardChannel{Value: "ann@a.example", Type: "JOB"}, Photo: &client.File{Name: "ann.gif", Content: strings.NewReader(onePixel)},
	}}))
	if err := c.ContactCard.Update(ctx, client.ContactCardUpdateRequest{ID: card, Data: client.ContactCardUpdateData{Info: new("")}}); err != nil {
		t.Error(err)
	}
	if got := ok[*client.ContactCardObject](t)(c.ContactCard.Get(ctx, client.ContactCardGetRequest{ID: card})); got.Fields.Name != "Ann" || got.Fields.Info != "" ||
		got.Fields.Email.Type != "JOB" || !strings.HasPrefix(got.Fields.Photo, "data:image/gif") {
		t.Errorf("%+v", got)
	}
	processed, err := c.Link.Delete(ctx, client.LinkDeleteRequest{IDs: []client.Int{link.ID, 999_999}})
	if !errors.Is(err, client.ErrPartlyDone) || processed == nil || len(processed.Processed) != 1 {
		t.Errorf("%+v, %v", processed, err)
	}
	if _, err := c.Link.Get(ctx, client.LinkGetRequest{ID: 999_999}); !errors.Is(err, client.ErrNotFound) {
		t.Error(err)
	}
	if _, err := client.New("http://127.0.0.1:1", "", client.WithRetries(0)).User.GetOwnBalance(ctx); !errors.Is(err, client.ErrConnection) {
		t.Error(err)
	}
}

// TestEveryMethodOfTheGoClientIsOneOfTheServers calls each with an empty request: it may be
// refused, but is known and answered as the client expects.
func TestEveryMethodOfTheGoClientIsOneOfTheServers(t *testing.T) {
	s := newSite(t, testkit.NewDatabase(t, "sqlite"), options{carrier: "127.0.0.1:1"})
	server := s.serve()
	modules := reflect.ValueOf(server.sdk().Modules)
	calls := 0
	for module, of := range modules.Fields() {
		for i := range of.NumMethod() {
			call, name := of.Method(i), module.Name+"."+of.Type().Method(i).Name
			if call.Type().NumOut() == 0 || call.Type().Out(call.Type().NumOut()-1) != reflect.TypeFor[error]() || name == "TaskQueue.Wait" || name == "User.Logout" {
				continue
			}
			args := []reflect.Value{reflect.ValueOf(t.Context())}
			for n := 1; n < call.Type().NumIn(); n++ {
				args = append(args, reflect.Zero(call.Type().In(n)))
			}
			results := call.Call(args)
			calls++
			err, _ := results[len(results)-1].Interface().(error)
			_, refused := errors.AsType[*client.Error](err)
			if err != nil && !refused || errors.Is(err, client.ErrBadModule) || errors.Is(err, client.ErrBadMethod) || errors.Is(err, client.ErrInternal) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if calls < 50 {
		t.Errorf("%d calls", calls)
	}
	server.stop()
}

// TestALostAnswerDoublesNothing cuts connections after the server has done what was asked.
func TestALostAnswerDoublesNothing(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, at string) {
		t.Parallel()
		s := newSite(t, at, options{carrier: "127.0.0.1:1"})
		server := s.serve()
		var cuts atomic.Int64
		front := standBefore(t, server.url, &httputil.ReverseProxy{
			ModifyResponse: func(*http.Response) error {
				if cuts.Add(-1) >= 0 {
					return errors.New("cut")
				}
				return nil
			},
			ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		})
		c := client.New(front, server.key, client.WithHTTPClient(server.http))
		for range 5 {
			cuts.Store(2)
			ok[*client.MessageSent](t)(c.Message.SendSMSMessage(t.Context(), client.MessageSendSMSMessageRequest{Recipient: "77010000000", Text: "Hello"}))
		}
		list := ok[*client.MessageItemList](t)(c.Message.List(t.Context(), client.MessageListRequest{}))
		if list.TotalItemCount != 5 || cuts.Load() >= 0 {
			t.Errorf("%d messages, %d cuts left", list.TotalItemCount, cuts.Load())
		}
		server.stop()
	})
}
