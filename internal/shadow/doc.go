// Package shadow compares two servers of the same API while one of them works. It
// forwards each call to the upstream server and answers with exactly its answer; then
// it puts the same call to ours and notes in what the two answers differ. So someone
// can look before moving.
//
// Its rules:
//
//   - The client gets the upstream's answer, byte for byte, or 502. What ours does, or
//     fails to do, neither changes nor delays it.
//   - Only methods that read are put to ours, unless asked otherwise: what was sent
//     twice would be delivered twice.
//   - Everything is bounded: calls under way, bytes kept of each, differences
//     remembered. What does not fit is forwarded, and counted as not compared.
//   - What is reported are names, types and codes, never contents: no text, no number
//     and no key leaves this package but on its way to one of the two servers.
package shadow
