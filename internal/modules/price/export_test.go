package price

import "context"

// ErrGivenUp ends an import that another took for dead.
var ErrGivenUp = errGivenUp

// An Import is under way, and may be left there.
type Import struct {
	m  *Module
	id int64
}

func (m *Module) Begin(ctx context.Context) (*Import, error) {
	id, err := m.begin(ctx)
	return &Import{m, id}, err
}

func (i *Import) Write(ctx context.Context, prices ...Price) error {
	return i.m.write(ctx, i.id, prices)
}

func (i *Import) Finish(ctx context.Context) error { return i.m.finish(ctx, i.id) }
