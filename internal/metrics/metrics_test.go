package metrics

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestEveryKindOfMetricIsServed(t *testing.T) {
	r := New()
	r.Counter("a_total", "A.").Add(2)
	r.Counter("a_total", "A.").Inc() // the same one
	r.CounterVec("b_total", "B.", "code").With("7").Inc()
	g := r.Gauge("c", "C.")
	g.Set(5)
	g.Add(-1)
	r.GaugeFunc("d", "D.", map[string]string{"pool": "x"}, func() float64 { return 8 })
	r.Histogram("e_seconds", "E.", []float64{1, 2}).Observe(1.5)
	r.HistogramVec("f_seconds", "F.", []float64{1}, "method").With("m").Observe(3)

	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, line := range []string{
		"a_total 3", `b_total{code="7"} 1`, "c 4", `d{pool="x"} 8`,
		`e_seconds_bucket{le="1"} 0`, `e_seconds_bucket{le="2"} 1`, `f_seconds_count{method="m"} 1`,
	} {
		if !strings.Contains(w.Body.String(), "\n"+line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
}

func TestWithoutARegistryNothingIsCounted(t *testing.T) {
	var r *Registry
	r.Counter("a_total", "").Inc()
	r.CounterVec("b_total", "", "x").With("y").Add(1)
	r.Gauge("c", "").Set(1)
	r.Gauge("c", "").Add(1)
	r.GaugeFunc("d", "", nil, func() float64 { panic("read") })
	r.Histogram("e", "", nil).Observe(1)
	r.HistogramVec("f", "", nil, "x").With("y").Observe(1)
}

func TestRegistriesShareNothing(t *testing.T) {
	a, b := New(), New()
	a.Counter("a_total", "A.").Inc()
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if strings.Contains(w.Body.String(), "a_total") {
		t.Error("one registry shows what the other counts")
	}
}
