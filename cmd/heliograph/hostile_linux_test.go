package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// huge writes what goes before a body and then a gigabyte of it, in chunks, unless the
// server hangs up. It gives how much of that was taken.
func huge(conn net.Conn, before string) (taken int) {
	if _, err := io.WriteString(conn, before); err != nil {
		return 0
	}
	chunk := fmt.Sprintf("%x\r\n%s\r\n", mebibyte, strings.Repeat("x", mebibyte))
	for range 1024 {
		n, err := io.WriteString(conn, chunk)
		if taken += n; err != nil {
			break
		}
	}
	return taken
}

// TestAGigabyteOfBodyIsNeitherReadNorKept: past its bound a body is answered and hung up
// on, and neither the server's memory nor its disk has seen more of it.
func TestAGigabyteOfBodyIsNeitherReadNorKept(t *testing.T) {
	s := newSite(t, testkit.NewDatabase(t, "sqlite"), options{carrier: "127.0.0.1:1"})
	uploads := t.TempDir()
	server := s.serve("TMPDIR=" + uploads)
	chunked := " HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: chunked\r\n"
	key := "Authorization: Bearer " + server.key + "\r\n"
	parts := "--b\r\nContent-Disposition: form-data; name=\"recipientsFile\"; filename=\"a\"\r\n\r\n"
	for _, tt := range []struct {
		name, before, code string
		most               int // bytes read, beside what the kernel holds of a connection
	}{
		{"a form", "POST /service/" + balance + chunked + key + "\r\n", "12", 10 * mebibyte},
		{"without a key", "POST /service/" + balance + chunked + "\r\n", "8", mebibyte},
		{"to nowhere", "POST /service/none/none" + chunked + key + "\r\n", "4", 0},
		{"a file", "POST /service/campaign/addRecipients" + chunked + key + "Content-Type: multipart/form-data; boundary=b\r\n\r\n" +
			fmt.Sprintf("%x\r\n%s\r\n", len(parts), parts), "12", 100 * mebibyte},
		{"a length", "POST /service/" + balance + " HTTP/1.1\r\nHost: api\r\n" + key + "Content-Length: 1073741824\r\n\r\n", "12", 0},
	} {
		conn, taken := server.dial(t), make(chan int, 1)
		go func() { taken <- huge(conn, tt.before) }()
		resp, body, err := answerOn(conn, "POST")
		if err != nil || resp.Header.Get("X-Api-Code") != tt.code {
			t.Errorf("%s: %v %s, want code %s", tt.name, err, body, tt.code)
		}
		if n := <-taken; n > tt.most+32*mebibyte {
			t.Errorf("%s: %d MiB were read, want %d", tt.name, n/mebibyte, tt.most/mebibyte)
		}
		empty(t, uploads)
		server.balance(t)
	}
	server.stop()
	const most = 512 << 10 // KiB: a seventh of it is used, more with the race detector
	if used := server.cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss; used > most {
		t.Errorf("the server took %d MiB", used>>10)
	}
}
