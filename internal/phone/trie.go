package phone

// A trie finds the longest of many prefixes that a number begins with, in one step per digit.
// The zero trie is empty. Once filled it is only read, by any number of goroutines.
type trie struct {
	nodes []trieNode
}

type trieNode struct {
	next  [10]uint32 // node by digit; 0, which is the root, where there is none
	value uint32     // one more than what was put here; 0 where nothing was
}

// put stores value under prefix, which is all digits; false where there was one already.
func (t *trie) put(prefix string, value int) bool {
	if t.nodes == nil {
		t.nodes = make([]trieNode, 1)
	}
	at := uint32(0)
	for i := range len(prefix) {
		digit := prefix[i] - '0'
		if t.nodes[at].next[digit] == 0 {
			t.nodes[at].next[digit] = uint32(len(t.nodes))
			t.nodes = append(t.nodes, trieNode{})
		}
		at = t.nodes[at].next[digit]
	}
	if t.nodes[at].value != 0 {
		return false
	}
	t.nodes[at].value = uint32(value) + 1
	return true
}

// longest returns what stands under the longest prefix of number.
func (t *trie) longest(number Number) (value int, ok bool) {
	if t.nodes == nil {
		return 0, false
	}
	at, found := uint32(0), uint32(0)
	for i := range len(number) {
		digit := number[i] - '0'
		if digit > 9 {
			break
		}
		if at = t.nodes[at].next[digit]; at == 0 {
			break
		}
		if t.nodes[at].value != 0 {
			found = t.nodes[at].value
		}
	}
	return int(found) - 1, found != 0
}
