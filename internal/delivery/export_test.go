package delivery

import "context"

// ExpireOnce does a round of the loop of that name.
func ExpireOnce(d *Delivery, ctx context.Context) error { return d.expire(ctx) }
