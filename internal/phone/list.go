package phone

import (
	"fmt"
	"slices"
	"strings"
)

// ParseCountries reads ISO 3166 codes in any case, apart by commas: "kz, RU". They come back in
// capitals, in order, each once; of an empty list, none. An error names the code that is no country's.
func ParseCountries(list string) (codes []string, err error) {
	for code := range strings.SplitSeq(list, ",") {
		code = strings.ToUpper(strings.TrimSpace(code))
		if code == "" {
			continue
		}
		if _, known := FindCountry(code); !known {
			return nil, fmt.Errorf("country %q: no such ISO 3166 code", code)
		}
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return slices.Compact(codes), nil
}
