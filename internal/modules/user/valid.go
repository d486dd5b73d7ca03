package user

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/heliograph-sms/heliograph/internal/money"
)

// maxBalance bounds what an account is credited with, far enough from the end of
// the range that repayments cannot reach it.
const maxBalance = money.Max / 4

const maxName = 255 // characters

var (
	scopeForm  = regexp.MustCompile(`^[A-Za-z]+(:read|:write)?$`)
	keyForm    = regexp.MustCompile(`^([a-z0-9]{40}|[a-z0-9]{70})$`)
	prefixForm = regexp.MustCompile(`^[a-z]{2}$`)
)

func checkName(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return errors.New("name: must not be empty")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("name %q: must be printable text", name)
	case utf8.RuneCountInString(name) > maxName:
		return fmt.Errorf("name: must not be longer than %d characters", maxName)
	}
	return nil
}

func checkTimezone(name string) error {
	if name == "" || name == "Local" { // LoadLocation would take both
		return fmt.Errorf("timezone %q: must be an IANA name such as Asia/Almaty", name)
	}
	if _, err := time.LoadLocation(name); err != nil {
		return fmt.Errorf("timezone %q: must be an IANA name such as Asia/Almaty: %w", name, err)
	}
	return nil
}

// Languages lists the languages an account may have.
func Languages() []string { return []string{"en", "ru", "uk", "kk", "pt-BR"} }

func checkLanguage(tag string) error {
	if !slices.Contains(Languages(), tag) {
		return fmt.Errorf("language %q: must be one of %s", tag, strings.Join(Languages(), ", "))
	}
	return nil
}

// checkCredit checks what is put on an account.
func checkCredit(amount money.Amount) error {
	switch {
	case amount < 0:
		return fmt.Errorf("amount %s: must not be negative", amount)
	case amount > maxBalance:
		return fmt.Errorf("amount %s: must be at most %s", amount, maxBalance)
	}
	return nil
}

func checkScopes(scopes []string) error {
	for _, scope := range scopes {
		if !scopeForm.MatchString(scope) {
			return fmt.Errorf("scope %q: must be a module, or module:read or module:write, such as message:read", scope)
		}
	}
	return nil
}

// parseNetworks reads addresses and networks: "10.0.0.0/8", "192.0.2.7", "2001:db8::/32".
func parseNetworks(texts []string) ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for _, text := range texts {
		network, err := netip.ParsePrefix(text)
		if addr, single := netip.ParseAddr(text); single == nil && addr.Zone() == "" {
			addr = addr.Unmap()
			network, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil || network.Addr().Is4In6() {
			return nil, fmt.Errorf("address %q: must be an IP address or a network such as 10.0.0.0/8", text)
		}
		networks = append(networks, network.Masked())
	}
	return networks, nil
}
