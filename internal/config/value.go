package config

import (
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"strconv"
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

// Size is a number of bytes, written "256MiB" (of 1024²) or "256MB" (of 1000²).
type Size int64

var (
	sizeForm = regexp.MustCompile(`^([0-9]{1,15}) ?([KMGT]?)(i?)B?$`)
	powers   = map[string]float64{"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
)

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(text []byte) error {
	parts := sizeForm.FindSubmatch(text)
	if parts == nil || len(parts[3]) > 0 && len(parts[2]) == 0 {
		return fmt.Errorf("%q is no size such as 256MiB or 10GB", text)
	}
	base := 1000.
	if len(parts[3]) > 0 {
		base = 1024
	}
	n, _ := strconv.ParseInt(string(parts[1]), 10, 64) // at most 15 figures
	factor := int64(math.Pow(base, powers[string(parts[2])]))
	if n > math.MaxInt64/factor {
		return fmt.Errorf("%q is larger than any disk", text)
	}
	*s = Size(n * factor)
	return nil
}

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
