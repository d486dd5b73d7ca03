package api

import (
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"
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

// TestAddressesOfOneCustomerAreCountedTogether: the /64 of IPv6, however an address of it
// is written.
func TestAddressesOfOneCustomerAreCountedTogether(t *testing.T) {
	d := newDoor(t, func(c *Config) { c.Limits = Limits{"default": {2, time.Hour}} })
	for i, tt := range []struct {
		addr string
		code Code
	}{
		{"[2001:db8::1]:1", CodeOK}, {"[2001:db8::2%eth0]:1", CodeOK}, {"[2001:db8::ffff:3]:1", CodeRateLimit}, {"[2001:db8:0:1::1]:1", CodeOK},
		{"198.51.100.7:1", CodeOK}, {"[::ffff:198.51.100.7]:1", CodeOK}, {"198.51.100.7:2", CodeRateLimit}, {"198.51.100.8:1", CodeOK},
	} {
		r := get("open")
		r.RemoteAddr = tt.addr
		if got := do(t, d, r); got.Code != int(tt.code) {
			t.Errorf("call %d from %s: code %d, want %d", i, tt.addr, got.Code, tt.code)
		}
	}
}

// TestAddressesAreRememberedUpToABound, and none at the cost of an account.
func TestAddressesAreRememberedUpToABound(t *testing.T) {
	var th throttle
	now, limit := time.Unix(0, 0), Limit{1, time.Hour}
	th.take(bucketKey{account: 7}, limit, now)
	ip := netip.MustParseAddr("10.0.0.0")
	for range maxStrangers + 1000 {
		th.take(bucketKey{ip: ip}, limit, now)
		ip = ip.Next()
	}
	if n := len(th.buckets) + len(th.strangers); n > maxStrangers+1 {
		t.Errorf("%d buckets, want at most %d", n, maxStrangers+1)
	}
	if th.take(bucketKey{account: 7}, limit, now) == 0 {
		t.Error("the account's call was forgotten")
	}
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

// A cell is doors that share a limit out, each of which knows how many they are.
type cell struct {
	limit  Limit
	doors  []*throttle
	now    time.Time
	passed int
	opened int // doors, ever
	bursts int // what they could let pass at once
}

func (c *cell) open() {
	c.doors = append(c.doors, &throttle{nodes: func() int { return len(c.doors) }})
	_, burst := c.limit.share(len(c.doors))
	c.opened, c.bursts = c.opened+1, c.bursts+burst
}

// press calls at each door until it is refused.
func (c *cell) press() {
	for _, door := range c.doors {
		for door.take(bucketKey{class: "x"}, c.limit, c.now) == 0 {
			c.passed++
		}
	}
}

// TestALimitIsWhatItIsHoweverManyNodesShareIt: while doors open and close, the calls that
// all of them let pass are those of one door, but for what each may let pass at once; and
// who calls at all of them is let pass as often as that.
func TestALimitIsWhatItIsHoweverManyNodesShareIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &cell{limit: Limit{rapid.IntRange(1, 50).Draw(t, "calls"), time.Second}, now: time.Unix(1000, 0)}
		for range rapid.IntRange(1, 8).Draw(t, "doors") {
			c.open()
		}
		begun := c.now
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			switch act := rapid.IntRange(0, 40).Draw(t, "act"); {
			case act == 0 && len(c.doors) < 10:
				c.open()
			case act == 1 && len(c.doors) > 1:
				c.doors = c.doors[:len(c.doors)-1]
			}
			c.press()
			tenth := time.Second * time.Duration(len(c.doors)) / time.Duration(10*c.limit.Calls) // of a door's call
			c.now = c.now.Add(time.Duration(rapid.Int64Range(1, int64(tenth)).Draw(t, "ns")))
		}
		c.press()
		over := float64(c.limit.Calls) * c.now.Sub(begun).Seconds()
		if most := over + float64(c.bursts) + 0.001; float64(c.passed) > most {
			t.Fatalf("%d calls passed, of at most %.1f", c.passed, most)
		}
		if least := 0.9*over - float64(c.opened); float64(c.passed) < least {
			t.Fatalf("%d calls passed, of at least %.1f", c.passed, least)
		}
	})
}

// TestALimitBelowTheNumberOfNodesLetsSomePassAtEach, each time it is time for one.
func TestALimitBelowTheNumberOfNodesLetsSomePassAtEach(t *testing.T) {
	th, now, limit := throttle{nodes: func() int { return 3 }}, time.Unix(0, 0), Limit{1, time.Minute}
	for range 3 {
		if wait := th.take(bucketKey{}, limit, now); wait != 0 {
			t.Errorf("the call waits for %s", wait)
		}
		if wait := th.take(bucketKey{}, limit, now); wait.Round(time.Millisecond) != 3*time.Minute {
			t.Errorf("the next waits for %s, want three minutes", wait)
		}
		now = now.Add(3 * time.Minute)
	}
}
