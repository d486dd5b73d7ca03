// Package text turns texts into what SMS carry, and back: the GSM 7-bit default alphabet and
// UCS-2 (3GPP TS 23.038), segments, and the user data header that joins them (3GPP TS 23.040
// §9.2.3.24).
//
// A text goes out character for character as it came in. It is not normalised: line ends stay
// CR, LF or both, a decomposed é stays two characters, and a control character that GSM-7 lacks
// (NUL, TAB, ESC) forces UCS-2 like any other. So what is previewed is what is charged, and what
// is sent. Combining characters may come to lie in different segments; the handset joins
// segments before it draws them.
package text
