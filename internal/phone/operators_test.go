package phone

import (
	"strings"
	"testing"
)

func TestOperatorsFileReplacesOurs(t *testing.T) {
	operators, err := LoadOperators(strings.NewReader("\uFEFFprefix,country,operator\n" +
		"# ours\n" +
		"7,RU,Any\n" +
		"791,RU,\"North, Ltd\"\n" +
		"7916,RU,South\n"))
	if err != nil {
		t.Fatal(err)
	}
	book := NewBook(operators)
	for n, want := range map[Number]string{
		"79161234567": "South", // the longest prefix decides
		"79151234567": "North, Ltd",
		"79991234567": "Any",
		"77010000001": "", // begins with 7 too, but is not of RU
	} {
		if got, err := book.Lookup(n); got.Operator != want || err != nil {
			t.Errorf("%s is %+v, %v, want %q", n, got, err, want)
		}
	}
}

func TestABadOperatorsFileNamesTheLine(t *testing.T) {
	const header = "prefix,country,operator,id\n"
	for file, want := range map[string]string{
		"":                                       "no rows",
		header:                                   "no rows",
		"prefix,operator,country\n7701,Kcell,KZ": "line 1: header",
		"# first\n7701,KZ,Kcell,40102\n":         "line 2: header",
		header + "7701,KZ,Kcell\n":               "line 2: wrong number of fields",
		header + "7701,KZ,\"Kcell\n":             "on line 2",
		header + "\n# a comment\n+7701,KZ,K,1":   "line 4: prefix",
		header + ",KZ,Kcell,1":                   "line 2: prefix",
		header + "7701000000100000,KZ,Kcell,1":   "line 2: prefix",
		header + "7701,XX,Kcell,1":               "line 2: country",
		header + "7701,kz,Kcell,1":               "line 2: country",
		header + "380,KZ,Kcell,1":                "line 2: prefix 380 does not begin with 7",
		header + "7701,KZ,,1":                    "line 2: operator is empty",
		header + "7701,KZ,K,1\n7701,KZ,K,1":      "line 3: prefix 7701 was there before",
	} {
		operators, err := LoadOperators(strings.NewReader(file))
		if err == nil || operators != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", file, err, want)
		}
	}
}

func TestOurOperatorsAreOfNumbersThatExist(t *testing.T) {
	operators, err := DefaultOperators()
	if err != nil {
		t.Fatal(err)
	}
	book := NewBook(operators)
	for line := range strings.Lines(operatorsCSV) {
		row := strings.Split(strings.TrimSpace(line), ",")
		if len(row) != 4 || row[0] == "prefix" {
			continue
		}
		number := Number((row[0] + "1234567890")[:map[string]int{"KZ": 11, "RU": 11, "UA": 12}[row[1]]])
		if got, err := book.Lookup(number); (got != Info{row[1], row[2], row[3]}) || err != nil {
			t.Errorf("%s is %+v, %v, want %v", number, got, err, row)
		}
	}
}
