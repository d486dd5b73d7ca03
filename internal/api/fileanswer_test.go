package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/metrics"
)

// downloads defines a method whose answer is a file that write writes.
func downloads(name string, write func(ctx context.Context, w io.Writer) error) Method {
	return returns("export", &FileAnswer{Name: name, ContentType: "text/csv; charset=utf-8", Write: write}, Public, ExpectsFile)
}

func says(text string) func(context.Context, io.Writer) error {
	return func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func TestAFileIsAnsweredAsIt(t *testing.T) {
	for name, text := range map[string]string{"messages.csv": "a;b\n1;2\n", "сообщения \"1\"\r\n.csv": ""} {
		w := httptest.NewRecorder()
		newDoor(t, nil, downloads(name, says(text))).ServeHTTP(w, get("export?output=xml"))
		h := w.Header()
		kind, params, err := mime.ParseMediaType(h.Get("Content-Disposition"))
		if kind != "attachment" || params["filename"] != name || err != nil {
			t.Errorf("%q: %v", h.Get("Content-Disposition"), err)
		}
		if w.Code != http.StatusOK || w.Body.String() != text || h.Get("Content-Type") != "text/csv; charset=utf-8" ||
			h.Get("X-Api-Code") != "0" || h.Get("X-Request-Id") == "" || h.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%d %v %q", w.Code, h, w.Body)
		}
	}
}

// TestAFileIsStreamed: its beginning is read before its end is made.
func TestAFileIsStreamed(t *testing.T) {
	read := make(chan struct{})
	begin := strings.Repeat("x", 64<<10)
	server := httptest.NewServer(newDoor(t, nil, downloads("x", func(ctx context.Context, w io.Writer) error {
		if err := says(begin)(ctx, w); err != nil {
			return err
		}
		<-read
		return says("end")(ctx, w)
	})))
	defer server.Close()
	r, err := http.Get(server.URL + "/service/test/export")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	got := make([]byte, 32<<10)
	if _, err := io.ReadFull(r.Body, got); err != nil {
		t.Fatal(err)
	}
	close(read)
	rest, err := io.ReadAll(r.Body)
	if string(got)+string(rest) != begin+"end" || err != nil {
		t.Errorf("%d octets, %v", len(got)+len(rest), err)
	}
}

func TestAFileThatFailsBeforeItsFirstByteIsAnErrorAsAnyOther(t *testing.T) {
	panics := func(context.Context, io.Writer) error { panic("boom") }
	fails := func(err error) func(context.Context, io.Writer) error {
		return func(_ context.Context, w io.Writer) error {
			_, empty := w.Write(nil)
			return errors.Join(empty, err)
		}
	}
	for _, tt := range []struct {
		write func(context.Context, io.Writer) error
		code  Code
	}{{fails(NotFound()), CodeNotFound}, {fails(errDatabase), CodeServiceError}, {fails(errors.New("x")), CodeInternal}, {panics, CodeInternal}} {
		got := expect(t, newDoor(t, nil, downloads("x", tt.write)), get("export"), tt.code)
		if h := got.http.Header(); h.Get("Content-Disposition") != "" || h.Get("X-Api-Code") != fmt.Sprint(int(tt.code)) {
			t.Errorf("%v", h)
		}
	}
}

// TestAFileThatFailsLateIsABrokenDownload, counted and logged as what broke it, and what
// was uploaded for it goes.
func TestAFileThatFailsLateIsABrokenDownload(t *testing.T) {
	for _, after := range []int{1, 64 << 10} {
		var log bytes.Buffer
		dir, registry := t.TempDir(), metrics.New()
		d := newDoor(t, func(c *Config) {
			c.Logger, c.TempDir, c.Metrics = slog.New(slog.NewJSONHandler(&log, nil)), dir, registry
		}, downloads("x", func(ctx context.Context, w io.Writer) error {
			return errors.Join(says(strings.Repeat("x", after))(ctx, w), errors.New("the disk is gone"))
		}))
		server := httptest.NewServer(d)
		r, err := http.Post(server.URL+"/service/test/export", "multipart/form-data; boundary=b",
			strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"recipientsFile\"; filename=\"f\"\r\n\r\n1\r\n--b--\r\n"))
		if err == nil {
			_, err = io.Copy(io.Discard, r.Body)
			r.Body.Close()
		}
		server.Close()
		if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
			t.Errorf("after %d octets: %v", after, err)
		}
		if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), "the disk is gone") {
			t.Errorf("log: %s", &log)
		}
		if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
			t.Errorf("left on disk: %v, %v", left, err)
		}
		w := httptest.NewRecorder()
		registry.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		if line := `heliograph_api_calls_total{code="3",method="Test.export"} 1`; !strings.Contains(w.Body.String(), line) {
			t.Errorf("no line %s", line)
		}
	}
}
