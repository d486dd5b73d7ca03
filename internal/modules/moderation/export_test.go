package moderation

import "context"

// Work is one round of the clerk's loop.
func (k *Clerk) Work(ctx context.Context) error { return k.work(ctx) }
