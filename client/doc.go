// Package client is for Go programs that work with a Heliograph server. It begins with the
// receiving side of webhooks; see ParseWebhook.
package client
