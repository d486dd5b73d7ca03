package link

import (
	"errors"
	"net"
	"net/netip"
	"testing"
)

func TestNoSpellingOfAnAddressLeadsBackToThisServer(t *testing.T) {
	j := newJudge("https://s.example/l", "10.0.0.7:8080", "", "10.0.0.8:8090", "sms.local:8080", "api.kz.example", "127.0.0.1:9090")
	for want, addresses := range map[error][]string{
		ErrOwn: {
			"http://10.7:8080/", "http://10.0.7:8080", "http://167772167:8080", "http://0xA000007:8080", "http://012.0.0.7:8080", "http://0xa.0.0x0.07:8080",
			"http://[::ffff:10.0.0.7]:8080", "http://１０.0.0.7:8080", "http://u:p@10.0.0.7.:8080", "http://0:8080", "http://0x:8080", "http://[::]:8080",
			"https://S。example/l", "https://s.example:443/%6C/x", "https://api.kz.example/service", "http://API.kz.example.:80", "https://10.0.0.8:8090/abc",
			"http://SMS.local:8080", "http://shop.localhost:9090", "http://[::1]:9090", "http://127.1:9090", "http://127.9.9.9:9090",
		},
		ErrAddress: {"http://a.example:65536", "http://1.2.3.4.5", "http://256.0.0.1", "http://a.0x1", "http://08.0.0.1", "http://4294967296"},
		nil: {
			"http://10.0.0.7/", "http://10.0.0.7:8081", "https://s.example/links", "https://a.kz.example", "http://sms.local", "http://localhost:8080",
			"http://my_shop.example:65535", "http://1x.2y", "http://münster.example", "http://[2001:db8::1]:8080",
		},
	} {
		for _, address := range addresses {
			if _, _, err := j.read(address); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", address, err, want)
			}
		}
	}
}

func TestAServerThatListensEverywhereKnowsAllItsAddresses(t *testing.T) {
	j := newJudge("https://s.example", ":8080")
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		at := netip.MustParsePrefix(a.String()).Addr().String()
		if _, _, err := j.read("http://" + net.JoinHostPort(at, "8080")); !errors.Is(err, ErrOwn) {
			t.Errorf("%s: %v", at, err)
		}
	}
	if _, _, err := j.read("http://192.0.2.1:8080"); err != nil {
		t.Errorf("another's: %v", err)
	}
}
