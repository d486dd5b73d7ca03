package main

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/heliograph-sms/heliograph/bench/rig"
)

const slowAnswer = 5 * time.Second

// slowReceiver gives the account a webhook whose receiver takes its time, until ctx ends.
func slowReceiver(ctx context.Context, site rig.Site, key string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: slowAnswer, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		answer := time.NewTimer(slowAnswer)
		defer answer.Stop()
		select {
		case <-answer.C:
		case <-ctx.Done():
		}
	})}
	go func() { _ = server.Serve(listener) }() // ends with the process
	return site.Subscribe(ctx, key, "http://"+listener.Addr().String())
}
