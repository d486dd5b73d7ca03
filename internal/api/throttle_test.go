package api

import (
	"testing"
	"time"
)

func TestParseLimits(t *testing.T) {
	got, err := ParseLimits(map[string]string{"send": "100/s", "default": "1000/m", "a.b": "5/h", "open": "0"})
	if err != nil {
		t.Fatal(err)
	}
	want := Limits{"send": {100, time.Second}, "default": {1000, time.Minute}, "a.b": {5, time.Hour}, "open": {}}
	for class, limit := range want {
		if got[class] != limit {
			t.Errorf("%s = %v, want %v", class, got[class], limit)
		}
	}
	for _, bad := range []string{"", "100", "/s", "0/s", "-1/s", "1/d", "1.5/s", "1/s/s", "x/s"} {
		if _, err := ParseLimit(bad); err == nil {
			t.Errorf("%q was taken for a limit", bad)
		}
	}
}

func TestCallsAreCountedPerAccountAndClass(t *testing.T) {
	now := time.Unix(0, 0)
	d := newDoor(t, func(c *Config) {
		c.Clock = func() time.Time { return now }
		c.Limits = Limits{"send": {2, time.Second}, "default": {1, time.Minute}, "test.TREE": {1, time.Second}}
	})
	message := "sendSmsMessage?recipient=1&text=x&apiKey="
	expect(t, d, get(message+goodKey), CodeOK)
	expect(t, d, get(message+goodKey), CodeOK)
	expect(t, d, get(message+goodKey), CodeRateLimit)
	expect(t, d, get(message+russianKey), CodeOK)
	expect(t, d, get("tree?apiKey="+goodKey), CodeOK)
	expect(t, d, get("tree?apiKey="+goodKey), CodeRateLimit)
	expect(t, d, get("upload?apiKey="+goodKey), CodeOK)
	got := expect(t, d, get("upload?apiKey="+goodKey), CodeRateLimit)
	if after := got.http.Header().Get("Retry-After"); after != "60" {
		t.Errorf("Retry-After %s, want 60", after)
	}
	now = now.Add(500 * time.Millisecond)
	expect(t, d, get(message+goodKey), CodeOK)
	expect(t, d, get(message+goodKey), CodeRateLimit)
}

func TestCallsWithoutAnAccountAreCountedPerAddress(t *testing.T) {
	d := newDoor(t, func(c *Config) { c.Limits = Limits{"default": {1, time.Hour}} })
	expect(t, d, get("open"), CodeOK)
	expect(t, d, get("open"), CodeRateLimit)
	r := get("open")
	r.RemoteAddr = "198.51.100.7:1"
	expect(t, d, r, CodeOK)
}

func TestIdleBucketsAreForgottenAndBusyOnesAreNot(t *testing.T) {
	var th throttle
	now := time.Unix(0, 0)
	for i := range int64(1000) {
		th.take(bucketKey{class: "s", account: i}, Limit{1, time.Second}, now)
	}
	slow := bucketKey{class: "h"}
	th.take(slow, Limit{1, time.Hour}, now)
	now = now.Add(sweepEvery)
	if wait := th.take(slow, Limit{1, time.Hour}, now); wait <= 0 {
		t.Error("a bucket in use was forgotten")
	}
	if len(th.buckets) != 1 {
		t.Errorf("%d buckets, want 1", len(th.buckets))
	}
}
