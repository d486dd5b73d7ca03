package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/heliograph-sms/heliograph/client"
)

// answering gives a server that answers a method with what is given for it.
func answering(answers map[string]string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, answers[strings.TrimPrefix(r.URL.Path, "/service/")])
	}))
}

func Example() {
	server := answering(map[string]string{
		"message/sendSmsMessage": `{"code":0,"data":{"campaignId":"12","messageId":"34","status":2},"message":""}`,
		"message/getSMSStatus":   `{"code":0,"data":[{"id":"34","status":"DELIVRD","segNum":"1","startSendTs":"2026-11-23 12:00:00","statusUpdateTs":"2026-11-23 12:00:02"}],"message":""}`,
	})
	defer server.Close()

	ctx := context.Background()
	c := client.New(server.URL, "key")
	sent, err := c.Message.SendSMSMessage(ctx, client.MessageSendSMSMessageRequest{Recipient: "77010000000", Text: "Hello"})
	if err != nil {
		log.Fatal(err)
	}
	statuses, err := c.Message.GetSMSStatus(ctx, client.MessageGetSMSStatusRequest{IDs: []client.Int{sent.MessageID}})
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range statuses {
		fmt.Println(s.ID, s.Status)
	}
	// Output: 34 DELIVRD
}

func ExampleError() {
	server := answering(map[string]string{
		"message/sendSmsMessage": `{"code":1,"data":{"recipient":["It is not a phone number."]},"message":"Some fields are not acceptable."}`,
	})
	defer server.Close()

	c := client.New(server.URL, "key")
	_, err := c.Message.SendSMSMessage(context.Background(), client.MessageSendSMSMessageRequest{Recipient: "nobody", Text: "Hello"})
	switch e, _ := errors.AsType[*client.Error](err); {
	case errors.Is(err, client.ErrValidation):
		fmt.Println(e.Fields["recipient"])
	case errors.Is(err, client.ErrConnection):
		fmt.Println("try later")
	}
	// Output: [It is not a phone number.]
}

func ExampleMessageMethods_All() {
	server := answering(map[string]string{
		"message/list": `{"code":0,"data":{"items":[{"id":"1","status":"DELIVRD"},{"id":"2","status":"UNDELIV"}],"totalItemCount":"2"},"message":""}`,
	})
	defer server.Close()

	c := client.New(server.URL, "key")
	yesterday := client.MessageListCriteria{StatusUpdateTsFrom: "2026-11-22 00:00:00", StatusUpdateTsTo: "2026-11-22 23:59:59"}
	for message, err := range c.Message.All(context.Background(), client.MessageListRequest{Criteria: yesterday}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(message.ID, message.Status)
	}
	// Output:
	// 1 DELIVRD
	// 2 UNDELIV
}

func ExampleTaskQueueMethods_Wait() {
	server := answering(map[string]string{
		"campaign/addRecipients": `{"code":100,"data":77,"message":""}`,
		"taskQueue/getStatus":    `{"code":0,"data":{"progress":100,"status":2},"message":""}`,
		"campaign/send":          `{"code":0,"data":2,"message":""}`,
	})
	defer server.Close()
	file, err := os.CreateTemp("", "people*.csv")
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(file.Name())

	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	c := client.New(server.URL, "key")
	added, err := c.Campaign.AddRecipients(ctx, client.CampaignAddRecipientsRequest{
		ID: 5, RecipientsFile: &client.File{Name: "people.csv", Content: file},
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := c.TaskQueue.Wait(ctx, added.TaskID); err != nil {
		log.Fatal(err)
	}
	status, err := c.Campaign.Send(ctx, client.CampaignSendRequest{ID: 5})
	fmt.Println(status, err)
	// Output: 2 <nil>
}

func ExampleWithIdempotencyKey() {
	server := answering(map[string]string{
		"message/sendSmsMessage": `{"code":0,"data":{"campaignId":"12","messageId":"34","status":2},"message":""}`,
	})
	defer server.Close()

	// The order's number outlives this program: whenever it sends for the order again within
	// a day, the server gives the same ids and sends nothing more.
	ctx := client.WithIdempotencyKey(context.Background(), "order 1007")
	c := client.New(server.URL, "key")
	sent, err := c.Message.SendSMSMessage(ctx, client.MessageSendSMSMessageRequest{Recipient: "77010000000", Text: "It is on its way."})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sent.MessageID)
	// Output: 34
}
