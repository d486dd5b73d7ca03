// Package smpp speaks SMPP 3.4, the Short Message Peer-to-Peer protocol, from both ends of a link.
//
// Three layers, each usable alone:
//
//   - PDUs: one struct per operation, [Append] and [Decode] between them and their octets, [Reader] for a stream;
//     delivery receipts (Appendix B) with [ParseReceipt] and [AppendReceipt]; times (§7.1.1) with [ParseTime].
//   - Sessions: [Dial] binds one connection to an SMSC; [Server] serves ESMEs on a listener. Both keep a window,
//     enquire an idle link, put as many PDUs into one write as are waiting, and never lose sight of a request.
//   - [Client] keeps a session alive: it binds, watches, and binds again.
//
// What a request came to is always one of four things, and a caller can tell them apart for certain:
//
//	answered, status 0      the response
//	answered, other status  the response; *StatusError from the calls that wait
//	ErrNotSent              not one octet of it went to the network: sending it again cannot double it
//	ErrNoAnswer             some or all of it went out and no answer came: the peer may have taken it
//
// Section numbers in this package are those of "Short Message Peer to Peer Protocol Specification v3.4", issue 1.2.
package smpp
