// Package metrics is what the rooms of the server count with. It is the only
// importer of the Prometheus client. There is no global registry: whoever
// composes the server makes one and hands it out.
//
// A nil *Registry gives nil metrics, and a nil metric counts nothing, so tests
// and small commands need none.
package metrics

import (
	"errors"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// A Registry holds the metrics of one server. Asking twice for the same name
// with the same labels gives the same metric; with other labels it panics.
type Registry struct{ registry *prometheus.Registry }

// New makes a registry that already has the figures of the Go runtime and the
// process.
func New() *Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return &Registry{registry: r}
}

// Handler serves the metrics in Prometheus' text format.
func (r *Registry) Handler() http.Handler {
	return promhttp.HandlerFor(r.registry, promhttp.HandlerOpts{})
}

// register adds c, or returns the equal collector that was there before.
func register[C prometheus.Collector](r *Registry, c C) C {
	err := r.registry.Register(c)
	var already prometheus.AlreadyRegisteredError
	if errors.As(err, &already) {
		return already.ExistingCollector.(C)
	}
	if err != nil {
		panic(err)
	}
	return c
}

// A Counter only grows.
type Counter struct{ counter prometheus.Counter }

// Counter makes a counter; name ends in _total.
func (r *Registry) Counter(name, help string) *Counter {
	if r == nil {
		return nil
	}
	return &Counter{register(r, prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help}))}
}

// Inc adds one.
func (c *Counter) Inc() { c.Add(1) }

// Add adds n, which is not negative.
func (c *Counter) Add(n float64) {
	if c != nil {
		c.counter.Add(n)
	}
}

// A CounterVec is a counter per combination of label values. Label values come
// from a bounded set, never from a caller's input.
type CounterVec struct{ vec *prometheus.CounterVec }

// CounterVec makes a counter with labels.
func (r *Registry) CounterVec(name, help string, labels ...string) *CounterVec {
	if r == nil {
		return nil
	}
	return &CounterVec{register(r, prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels))}
}

// With returns the counter for values, in the order of the labels. Hot paths
// keep it.
func (v *CounterVec) With(values ...string) *Counter {
	if v == nil {
		return nil
	}
	return &Counter{v.vec.WithLabelValues(values...)}
}

// A Gauge goes up and down.
type Gauge struct{ gauge prometheus.Gauge }

// Gauge makes a gauge.
func (r *Registry) Gauge(name, help string) *Gauge {
	if r == nil {
		return nil
	}
	return &Gauge{register(r, prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help}))}
}

// Set makes n the gauge's value.
func (g *Gauge) Set(n float64) {
	if g != nil {
		g.gauge.Set(n)
	}
}

// Add adds n, which may be negative.
func (g *Gauge) Add(n float64) {
	if g != nil {
		g.gauge.Add(n)
	}
}

// GaugeFunc reads a gauge from f whenever the metrics are asked for. labels are
// constant ones and may be nil.
func (r *Registry) GaugeFunc(name, help string, labels map[string]string, f func() float64) {
	if r == nil {
		return
	}
	opts := prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}
	var gauge prometheus.Collector = prometheus.NewGaugeFunc(opts, f)
	register(r, gauge)
}

// CounterFunc reads a counter from f whenever the metrics are asked for.
func (r *Registry) CounterFunc(name, help string, f func() float64) {
	if r == nil {
		return
	}
	var counter prometheus.Collector = prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, f)
	register(r, counter)
}

// A Histogram counts observations in buckets.
type Histogram struct{ observer prometheus.Observer }

// Histogram makes a histogram; buckets are upper bounds, ascending, in the unit
// that name ends with.
func (r *Registry) Histogram(name, help string, buckets []float64) *Histogram {
	if r == nil {
		return nil
	}
	return &Histogram{register(r, prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}))}
}

// Observe counts one value.
func (h *Histogram) Observe(v float64) {
	if h != nil {
		h.observer.Observe(v)
	}
}

// A HistogramVec is a histogram per combination of label values.
type HistogramVec struct{ vec *prometheus.HistogramVec }

// HistogramVec makes a histogram with labels.
func (r *Registry) HistogramVec(name, help string, buckets []float64, labels ...string) *HistogramVec {
	if r == nil {
		return nil
	}
	opts := prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}
	return &HistogramVec{register(r, prometheus.NewHistogramVec(opts, labels))}
}

// With returns the histogram for values, in the order of the labels.
func (v *HistogramVec) With(values ...string) *Histogram {
	if v == nil {
		return nil
	}
	return &Histogram{v.vec.WithLabelValues(values...)}
}
