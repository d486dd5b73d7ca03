package sheet

import (
	"math"
	"strconv"
	"strings"
)

// significant is how many digits a spreadsheet keeps of a number.
const significant = 15

// showNumber writes a number the way a person sees it in a wide cell without a format: 77011234567, 0.3, 1E+25. A date
// is its number of days.
func showNumber(f float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', significant, 64), 64)
	switch size := math.Abs(rounded); {
	case err != nil || math.IsNaN(f) || math.IsInf(f, 0):
		return strconv.FormatFloat(f, 'g', -1, 64)
	case rounded == 0: // or it would be -0
		return "0"
	case size >= 1e21 || size < 1e-9:
		return strconv.FormatFloat(rounded, 'G', -1, 64)
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// showDecimal does the same for a number that a file holds as text. What is no number stays.
func showDecimal(text string) string {
	if len(text) <= significant && strings.Trim(text, "0123456789") == "" {
		return text
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return showNumber(f)
}

func showBool(b bool) string {
	if b {
		return "TRUE"
	}
	return "FALSE"
}
