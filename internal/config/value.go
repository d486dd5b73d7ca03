package config

import (
	"fmt"
	"net/netip"
	"time"
)

// Duration is written as Go writes it: "5s", "1h30m".
type Duration time.Duration

// UnmarshalText reads a duration, which must not be negative.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil || parsed < 0 {
		return fmt.Errorf("%q is no duration such as 5s or 1h30m", text)
	}
	*d = Duration(parsed)
	return nil
}

func (d Duration) String() string { return time.Duration(d).String() }

// Network is a network such as 10.1.0.0/16, or a single address.
type Network struct{ netip.Prefix }

// UnmarshalText reads either form.
func (n *Network) UnmarshalText(text []byte) error {
	prefix, err := netip.ParsePrefix(string(text))
	if addr, single := netip.ParseAddr(string(text)); single == nil && addr.Zone() == "" {
		prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	if err != nil {
		return fmt.Errorf("%q is no network such as 10.1.0.0/16 and no address", text)
	}
	n.Prefix = prefix.Masked()
	return nil
}
