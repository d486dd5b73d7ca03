package client

import (
	"context"
	"crypto/rand"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Client calls the methods of a server's API. It is safe for concurrent use.
type Client struct {
	Modules

	base    string // ends in /service/
	key     string
	http    *http.Client
	retries int
}

// Option changes how a Client works.
type Option func(*Client)

// WithHTTPClient sends requests by a client other than http.DefaultClient.
func WithHTTPClient(h *http.Client) Option { return func(c *Client) { c.http = h } }

// WithRetries says how often a call is tried again; 3 by default, 0 is never.
func WithRetries(n int) Option { return func(c *Client) { c.retries = n } }

// New gives a client of the server at baseURL, such as https://sms.example, with an API
// key or a session's token; space around it, such as the line's end in a file, is no part of
// it. An empty key is enough for User.Login.
//
// A call has no time limit of its own: give its context one.
func New(baseURL, key string, options ...Option) *Client {
	base := strings.TrimSuffix(strings.TrimRight(baseURL, "/"), "/service") // as servers print it, too
	c := &Client{base: base + "/service/", key: strings.TrimSpace(key), http: http.DefaultClient, retries: 3}
	for _, set := range options {
		set(c)
	}
	c.Modules = newModules(c)
	return c
}

type idempotencyKey struct{}

// WithIdempotencyKey gives the writing call that is made with the context a key of up to
// 128 characters: for 24 hours the server answers the same call with the same key as it
// did at first, and does it no more. A program that keeps the key before it calls may call
// again after a crash. Use it for one call: another call with the key is ErrBadParameter.
// An empty key, or one of spaces, is none: the call makes its own, as without it.
func WithIdempotencyKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, idempotencyKey{}, key)
}

// newIdempotencyKey gives the caller's own key, or one that begins with the time: keys of
// calls made together lie together where the server keeps them.
func newIdempotencyKey(ctx context.Context) string {
	if key, ok := ctx.Value(idempotencyKey{}).(string); ok && strings.TrimSpace(key) != "" {
		return key
	}
	return strconv.FormatInt(time.Now().UnixMilli(), 36) + "-" + rand.Text()
}
