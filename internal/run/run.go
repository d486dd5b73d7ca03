// Package run gives the server's services one shape: Start returns at once or
// with the reason why not, Stop waits until everything the service started has
// ended, and calling either twice does no harm. A Group starts services in order
// and stops them in reverse; a Loop is a service that does one piece of work
// again and again.
package run

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Service is anything with a life: a listener, a loop, a link to a carrier.
type Service interface {
	// Start begins the service's work and returns. The context bounds the
	// start alone, not the life of the service.
	Start(ctx context.Context) error
	// Stop ends the work and waits for it. When ctx ends first the service is
	// cut off and ctx's error returned.
	Stop(ctx context.Context) error
}

// Group starts its services in the order they were added and stops them in
// reverse. It is itself a Service.
type Group struct {
	mu      sync.Mutex
	members []member
	running int // members[:running] have been started
}

type member struct {
	name    string
	service Service
}

// Add appends a service; it must not be called once the group was started.
func (g *Group) Add(name string, s Service) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.members = append(g.members, member{name, s})
}

// Start starts every service. If one fails, those already started are stopped
// again and the failure is returned with the service's name.
func (g *Group) Start(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.running < len(g.members) {
		m := g.members[g.running]
		if err := m.service.Start(ctx); err != nil {
			return errors.Join(fmt.Errorf("start %s: %w", m.name, err), g.stopLocked(ctx))
		}
		g.running++
	}
	return nil
}

// Stop stops the started services, last started first, and joins their errors.
func (g *Group) Stop(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.stopLocked(ctx)
}

func (g *Group) stopLocked(ctx context.Context) error {
	var errs []error
	for g.running > 0 {
		g.running--
		m := g.members[g.running]
		if err := m.service.Stop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", m.name, err))
		}
	}
	return errors.Join(errs...)
}

// Funcs makes a Service of two functions; either may be nil.
type Funcs struct {
	OnStart func(ctx context.Context) error
	OnStop  func(ctx context.Context) error
}

// Start calls OnStart.
func (f Funcs) Start(ctx context.Context) error {
	if f.OnStart == nil {
		return nil
	}
	return f.OnStart(ctx)
}

// Stop calls OnStop.
func (f Funcs) Stop(ctx context.Context) error {
	if f.OnStop == nil {
		return nil
	}
	return f.OnStop(ctx)
}
