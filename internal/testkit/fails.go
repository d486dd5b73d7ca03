package testkit

import "testing"

// Fails fails the test with each error that it is given: what must not happen.
func Fails(t testing.TB) func(error) {
	return func(err error) {
		t.Helper()
		t.Error(err)
	}
}
