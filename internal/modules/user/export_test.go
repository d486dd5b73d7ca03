package user

import "context"

// OnHash has told called before each password that a login compares.
func (m *Module) OnHash(told func()) {
	compare := m.hasher.compare
	m.hasher.compare = func(password, hash string) (bool, error) {
		told()
		return compare(password, hash)
	}
}

// Sweep sweeps once.
func (m *Module) Sweep(ctx context.Context) error { return m.sweep(ctx) }

// SweepChunk is how many rows go at a time.
const SweepChunk = sweepChunk

// CompareBy has compare stand in for argon2 when a password is compared.
func (m *Module) CompareBy(compare func(password, hash string) (bool, error)) {
	m.hasher.compare = compare
}

// Hashing is how many passwords are compared or wait for that, and how many may.
func (m *Module) Hashing() (now, most, atOnce int) {
	return len(m.hasher.waiting), cap(m.hasher.waiting), cap(m.hasher.turns)
}
