// Package interop holds internal/smpp against an implementation that others wrote: Kannel, from Debian's packages. What
// both sides take the same way is more than our own reading of the standard.
//
// Its tests carry the build tag interop and are run by make test-interop. Each starts Kannel's bearerbox and smsbox with
// a configuration of its own, on loopback and on ports that were free, and lets them bind as an ESME to our side: to a
// bare smpp.Server that records every octet, or to the simulator of internal/smsc. Texts go in by Kannel's HTTP
// interface; reports, and messages from handsets, come out by the addresses that Kannel calls. Without Kannel the tests
// fail.
//
// Only our server side is judged here. To judge the client, Kannel would have to be an SMSC, which takes its
// opensmppbox: Debian has that neither in kannel nor in kannel-extras.
package interop
