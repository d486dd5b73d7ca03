package post

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"testing"
	"time"
)

// BenchmarkPost posts from many goroutines over kept connections. cpu-ns/op holds both
// ends and the kernel's part.
func BenchmarkPost(b *testing.B) {
	at := respond(b)
	p := New(Config{Allow: onlyHere})
	defer p.Close()
	for name, secret := range map[string]string{"plain": "", "signed": "s3cret"} {
		b.Run(name, func(b *testing.B) {
			to := &Target{URL: at, Format: JSON, Secret: secret}
			measure(b, func() error { return p.Post(b.Context(), to, vector()).Err })
		})
	}
}

// BenchmarkTransport is what the same costs with net/http.
func BenchmarkTransport(b *testing.B) {
	to, err := url.Parse(respond(b))
	if err != nil {
		b.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: idlePerPlace, DisableCompression: true}
	defer transport.CloseIdleConnections()
	header := http.Header{"User-Agent": {"Heliograph"}, "Content-Type": {syntaxes[JSON].contentType}}
	measure(b, func() error {
		body := vector().append(nil, syntaxes[JSON], "")
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "", bytes.NewReader(body))
		if err != nil {
			return err
		}
		r.URL, r.Header = to, header
		answer, err := transport.RoundTrip(r)
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		return answer.Body.Close()
	})
}

func measure(b *testing.B, do func() error) {
	b.ReportAllocs()
	b.SetParallelism(16)
	began := cpu(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := do(); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(cpu(b)-began)/float64(b.N), "cpu-ns/op")
}

// cpu is what the process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// respond serves the cheapest receiver there can be: each read is a request.
func respond(b *testing.B) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				request := make([]byte, 4096)
				for err == nil {
					if _, err = c.Read(request); err == nil {
						_, err = io.WriteString(c, ok)
					}
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}
