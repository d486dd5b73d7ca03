package column

import (
	"maps"
	"slices"
)

// Summary is what is known of a block without its columns.
type Summary struct {
	Rows    int
	Senders []string // in order
	Columns [Width]Stats
}

// Stats say what values a column has.
type Stats struct {
	Version     int64   // that Encode was given
	Least, Most int64   `json:",omitzero"` // of what is set
	Unset       int     `json:",omitzero"`
	Counts      []Count `json:",omitempty"` // of each value, in order; none where there are many
}

// Count says how many rows have a value.
type Count struct {
	Value int64
	Rows  int
}

// manyValues is how many different values a column may have and still be counted.
const manyValues = 64

// Build makes the columns of a block, which keep the order of rows, and its summary.
func Build(rows []Row) (*Summary, [Width][]int64) {
	s := &Summary{Rows: len(rows), Senders: senders(rows)}
	places := make(map[string]int64, len(s.Senders))
	for i, name := range s.Senders {
		places[name] = int64(i) + 1
	}
	var columns [Width][]int64
	for name := range Width {
		columns[name] = make([]int64, len(rows))
		for i := range rows {
			columns[name][i] = rows[i].Values[name]
		}
	}
	for i := range rows {
		columns[From][i] = places[rows[i].Sender]
	}
	for name := range Width {
		s.Measure(name, columns[name])
	}
	return s, columns
}

func senders(rows []Row) []string {
	seen := map[string]bool{}
	for i := range rows {
		if name := rows[i].Sender; !seen[name] {
			seen[name] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// Measure takes the stats of a column anew; its version stays.
func (s *Summary) Measure(name Name, values []int64) {
	stats := Stats{Version: s.Columns[name].Version}
	stats.Least, stats.Most = bounds(values)
	counts := map[int64]int{}
	for _, v := range values {
		if v == 0 {
			stats.Unset++
		}
		if len(counts) <= manyValues {
			counts[v]++
		}
	}
	if len(counts) <= manyValues {
		for _, v := range slices.Sorted(maps.Keys(counts)) {
			stats.Counts = append(stats.Counts, Count{v, counts[v]})
		}
	}
	s.Columns[name] = stats
}

// Sender is the name at a place that column From gives.
func (s *Summary) Sender(place int64) string { return s.Senders[place-1] }
