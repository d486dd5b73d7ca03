package delivery

import "time"

// pace is a carrier's rate: a bucket that fills at so many segments a second and
// holds a tenth of a second's worth, so that the rate is even.
type pace struct {
	rate   float64 // per second; 0 = no limit
	tokens float64
	last   time.Time
}

func (p *pace) burst() float64 { return max(1, p.rate/10) }

// take tells whether n segments may go now, and takes their tokens. A message of
// more segments than the bucket holds goes when it is full, and leaves a debt.
func (p *pace) take(n int, now time.Time) bool {
	if p.rate == 0 {
		return true
	}
	if passed := now.Sub(p.last); passed > 0 { // callers' clocks are read before they come
		p.tokens = min(p.burst(), p.tokens+p.rate*passed.Seconds())
		p.last = now
	}
	if p.tokens < min(float64(n), p.burst()) {
		return false
	}
	p.tokens -= float64(n)
	return true
}

// wait is how long until n segments may go.
func (p *pace) wait(n int) time.Duration {
	missing := min(float64(n), p.burst()) - p.tokens
	return time.Duration(max(0, missing) / p.rate * float64(time.Second))
}
