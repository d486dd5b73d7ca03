package main

import (
	"context"
	"encoding/xml"
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"strings"
	"time"

	"github.com/heliograph-sms/heliograph/bench/rig"
)

// kannel is a bearerbox with its smsbox, from Debian's package.
type kannel struct {
	spool bool
	binds int
}

func (k kannel) String() string {
	if k.spool {
		return "kannel-spool"
	}
	return "kannel"
}

func (k kannel) durability() string {
	if k.spool {
		return "a file for each message, not synced"
	}
	return "none: memory"
}

// configuration is Kannel at its fastest, as far as its user's guide and trying tell. What is not here is as it comes; of
// that, these made no difference that could be told from noise: smsbox-max-pending (100), max-pending-requests (512) and
// immediate-sendsms-reply, by which texts are answered before bearerbox has them.
const configuration = `
group = core
admin-port = %[1]s
admin-interface = 127.0.0.1
admin-password = any
smsbox-port = %[2]s
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
# Which callback a receipt belongs to is kept in memory; all else is a database.
dlr-storage = internal
%[4]s
group = smsbox
smsbox-id = texts
bearerbox-host = 127.0.0.1
bearerbox-port = %[2]s
sendsms-port = %[3]s
sendsms-interface = 127.0.0.1

group = sendsms-user
username = any
password = any
%[5]s`

// spooling keeps each message in a file until it is with the carrier, and each report until it was told.
const spooling = `store-type = spool
store-location = %q
`

// bind is a connection to the carrier. Each has a system id of its own: our simulator sends a receipt at once over any
// bind of the id, and Kannel loses one that comes over another bind before the response was read, since it has not noted
// the message yet: a fifth of all and more, with twice the time in bearerbox.
const bind = `
group = smsc
smsc = smpp
smsc-id = simulator
host = 127.0.0.1
port = %[1]s
smsc-username = bench%[2]d
smsc-password = bench
system-type = bench
# One bind for both ways.
transceiver-mode = true
# The window; 10 as it comes.
max-pending-submits = 100
# Submits a second; there is no limit without it.
# throughput =
`

// configure is the configuration for the addresses of bearerbox's administration, of its smsboxes, and of smsbox's texts.
func (k kannel) configure(smsc, spool string, addresses []string) (string, error) {
	var ports []any
	for _, address := range append([]string{smsc}, addresses...) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return "", err
		}
		ports = append(ports, port)
	}
	var store, binds string
	if k.spool {
		store = fmt.Sprintf(spooling, spool)
	}
	for i := range k.binds {
		binds += fmt.Sprintf(bind, ports[0], i+1)
	}
	return fmt.Sprintf(configuration, append(ports[1:], store, binds)...), nil
}

func (k kannel) start(ctx context.Context, s *stage) (*entrant, error) {
	addresses, err := rig.FreeAddresses(3)
	if err != nil {
		return nil, err
	}
	spool, remove, err := s.folder()
	if err != nil {
		return nil, err
	}
	text, err := k.configure(s.smsc, spool, addresses)
	if err != nil {
		return nil, err
	}
	if err := s.rig.Write("kannel.conf", text); err != nil {
		return nil, err
	}
	boxes := &boxes{status: "http://" + addresses[0] + "/status.xml?password=any"}
	if err := boxes.start(ctx, s.rig, k.binds); err != nil {
		return nil, err
	}
	return &entrant{
		processes:  []*rig.Process{boxes.bearerbox, boxes.smsbox},
		address:    addresses[2],
		shot:       sendsms(addresses[2], s.callbacks()),
		submitted:  boxes.submitted,
		durability: k.durability(),
		stop:       func() error { boxes.stop(); return remove() },
	}, nil
}

// sendsms asks for the final reports: 1 delivered, 2 not delivered, 16 refused by the carrier.
func sendsms(address, callbacks string) shot {
	target := "/cgi-bin/sendsms?username=any&password=any&from=BENCH&to={to}&text=Your+code+is+{id}"
	if callbacks != "" {
		target += "&dlr-mask=19&dlr-url=" + url.QueryEscape(callbacks+kannelPath+"?id=") + "{id}" + url.QueryEscape("&kind=%d")
	}
	return getShot(address, target)
}

// boxes are the processes of a Kannel.
type boxes struct {
	status            string // URL
	bearerbox, smsbox *rig.Process
}

// start returns when texts can be sent. One that comes before smsbox has told its name makes it crash.
func (b *boxes) start(ctx context.Context, r *rig.Rig, binds int) (err error) {
	if b.bearerbox, err = run(r, "bearerbox"); err != nil {
		return err
	}
	if err := b.bearerbox.Serves(ctx, b.status); err != nil {
		return err
	}
	if b.smsbox, err = run(r, "smsbox"); err != nil {
		return err
	}
	return rig.Until(ctx, 20*time.Second, func(ctx context.Context) error {
		s, err := b.ask(ctx)
		if err == nil && (len(s.Boxes) != 1 || s.Boxes[0] != "texts" || s.online() != binds) {
			err = fmt.Errorf("kannel is not ready: %+v\n%s%s", s, b.bearerbox.LogTail(), b.smsbox.LogTail())
		}
		return err
	})
}

// run starts a program where Debian puts it, with a log of errors only.
func run(r *rig.Rig, name string) (*rig.Process, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		path = "/usr/sbin/" + name // a user's PATH may lack it
	}
	return r.Start(name, path, "-v", "3", r.Path("kannel.conf"))
}

// stop ends bearerbox first: alone, it would wait for smsbox.
func (b *boxes) stop() {
	b.bearerbox.Stop()
	b.smsbox.Stop()
}

// status is some of what bearerbox says of itself.
type status struct {
	Version string   `xml:"version"`
	Sent    int64    `xml:"sms>sent>total"` // submits that the carrier answered
	Boxes   []string `xml:"boxes>box>id"`
	Binds   []string `xml:"smscs>smsc>status"`
}

func (s status) online() (n int) {
	for _, bind := range s.Binds {
		if strings.HasPrefix(bind, "online ") {
			n++
		}
	}
	return n
}

func (b *boxes) ask(ctx context.Context) (s status, err error) {
	page, err := rig.Get(ctx, b.status)
	if err != nil {
		return s, err
	}
	return s, xml.Unmarshal(page, &s)
}

func (b *boxes) submitted(ctx context.Context) (int64, error) {
	s, err := b.ask(ctx)
	return s.Sent, err
}
