package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/text"
)

type simulate struct {
	Listen        string        `required:"" placeholder:"ADDR" help:"host:port to listen on."`
	SystemID      string        `name:"system-id" placeholder:"ID" help:"The only system_id that may bind (any)."`
	Password      string        `placeholder:"WORD" help:"The password to bind with (any)."`
	ResponseDelay time.Duration `placeholder:"50ms" help:"From a submit to its response (none)."`
	ReceiptDelay  time.Duration `placeholder:"1s" help:"From the response to the receipt (none)."`
	Rate          int           `placeholder:"N" help:"Segments per second, above that throttled (no limit)."`
	Quiet         bool          `help:"Do not print the messages that arrive."`
}

// Run is a carrier until the process is told to stop.
func (c *simulate) Run(ctx context.Context, out *console) error {
	config := smsc.Config{
		SystemID: c.SystemID, Password: c.Password, ResponseDelay: c.ResponseDelay, ReceiptDelay: c.ReceiptDelay,
		Rate: c.Rate, Decode: decodeText, Logger: slog.New(slog.NewTextHandler(out.errors, nil)),
	}
	if !c.Quiet {
		config.OnMessage = newHandset(out.out).show
	}
	sim := smsc.New(config)
	if err := sim.Start(ctx, c.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	fmt.Fprintf(out.out, "carrier simulator on %s\n", sim.Addr())
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return sim.Stop(stopping)
}

// decodeText reads user data as a handset would; what no handset can read is said
// to be so.
func decodeText(dataCoding byte, userData []byte) string {
	s, err := text.Decode(dataCoding, userData)
	if err != nil {
		return fmt.Sprintf("(%d octets: %v)", len(userData), err)
	}
	return s
}
