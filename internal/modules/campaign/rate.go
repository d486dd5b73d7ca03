package campaign

// stepMost is how many messages a campaign with a rate releases together.
const stepMost = 10

// step is how many messages may be released now. What is out of its validity needs no
// room: it is not sent.
func (b *Bulk) step(now int64, room int) int {
	switch expired := b.expiresMs(now) <= now; {
	case b.RatePeriod > 0 && expired:
		return b.perStep()
	case b.RatePeriod > 0:
		return min(b.perStep(), room)
	case expired || room >= releaseChunk:
		return releaseChunk
	default:
		return 0
	}
}

// expiresMs is when the validity of a message ends that is released now. Without a
// rate all are to be sent at once, so validity runs for all since then; with one it
// runs for each since its step.
func (b *Bulk) expiresMs(now int64) int64 {
	from := b.ValidMs
	if b.RatePeriod > 0 {
		from = max(from, min(b.DueMs, now))
	}
	return from + b.validity().Milliseconds()
}

// perStep and stepMs: a rate is kept in even steps, of one message while that is not
// more than ten a second.
func (b *Bulk) perStep() int {
	tenth := b.RateLimit / (10 * b.RatePeriod)
	return min(max(1, tenth), stepMost)
}

func (b *Bulk) stepMs() int64 {
	limit := int64(b.RateLimit)
	return (int64(b.perStep())*int64(b.RatePeriod)*1000 + limit - 1) / limit // rounded up: never more than the rate
}

// nextDue is when the next step is due. One that is late is made up for, but not a
// whole time that the server was away.
func (b *Bulk) nextDue(now int64) int64 {
	if b.RatePeriod == 0 {
		return now // behind the account's others
	}
	return max(b.DueMs, now-b.stepMs()) + b.stepMs()
}
