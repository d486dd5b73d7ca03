package text_test

import (
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/text"
)

func ExampleMeasure() {
	for _, s := range []string{"Your code is 4711", "Ваш код 4711", "Price: 5 €"} {
		m, _ := text.Measure(s)
		fmt.Printf("%v %d %d %q\n", m.Encoding, m.Units, m.Segments, text.Forced(s, 3))
	}
	// Output:
	// GSM-7 17 1 []
	// UCS-2 12 1 ['В' 'а' 'ш']
	// GSM-7 11 1 []
}
