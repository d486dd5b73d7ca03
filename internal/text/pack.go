package text

// PackSeptets appends septets to dst eight to seven octets, lowest bits first, for carriers that
// take them as the air interface does (3GPP TS 23.038 §6.1.2.1.1).
func PackSeptets(dst, septets []byte) []byte {
	var bits uint
	var held uint // how many of bits are not yet written
	for _, septet := range septets {
		bits |= uint(septet&0x7F) << held
		if held += 7; held >= 8 {
			dst = append(dst, byte(bits))
			bits >>= 8
			held -= 8
		}
	}
	if held > 0 {
		dst = append(dst, byte(bits))
	}
	return dst
}

// UnpackSeptets appends the first n septets of what PackSeptets made, or as many as there are. Only the
// count tells a last @, which is septet 0, from the seven bits that fill up the last octet.
func UnpackSeptets(dst, packed []byte, n int) []byte {
	for i := range min(n, len(packed)*8/7) {
		octet, shift := i*7/8, i*7%8
		bits := uint(packed[octet])
		if shift > 1 {
			bits |= uint(packed[octet+1]) << 8
		}
		dst = append(dst, byte(bits>>shift)&0x7F)
	}
	return dst
}
