package once

import "context"

// Prune goes on with the round, as the loop does.
func (a *Answers) Prune(ctx context.Context) error { return a.prune(ctx) }
