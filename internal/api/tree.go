package api

import (
	"iter"
	"slices"
	"strconv"
	"strings"
)

// Bounds of a request's parameters (contract §1).
const (
	maxKeys  = 10_000
	maxDepth = 8
)

// indexFrom is the number of children from which a node finds them by map;
// below it a scan is faster and costs no memory.
const indexFrom = 16

// A Tree is the parameters of a call, or the part of them under one name. A
// node is a scalar, a file, or a container of named nodes in order of
// appearance; a list is a container with the names "0", "1", ….
//
// A nil *Tree is an absent parameter and answers every question.
type Tree struct {
	key   string
	value string
	file  *File
	nodes []Tree
	index map[string]int
	next  int // the name that [] takes
	kind  kind
	gaps  bool // some nodes are absent, until compact
}

type kind uint8

const (
	kindScalar kind = iota
	kindContainer
	kindFile
	kindAbsent // removed, until compact
)

// Name returns the name the node stands under in its parent.
func (t *Tree) Name() string { return t.key }

// Value returns a scalar's text; ok is false for anything else.
func (t *Tree) Value() (value string, ok bool) {
	if t == nil || t.kind != kindScalar {
		return "", false
	}
	return t.value, true
}

// File returns an uploaded file, or nil.
func (t *Tree) File() *File {
	if t == nil {
		return nil
	}
	return t.file
}

// IsContainer reports whether the node has named nodes, or could have: an empty
// JSON object or array is an empty container.
func (t *Tree) IsContainer() bool { return t != nil && t.kind == kindContainer }

// IsEmpty reports whether there is nothing: no parameter, or an empty string.
func (t *Tree) IsEmpty() bool {
	return t == nil || t.kind == kindScalar && t.value == ""
}

// Len counts the nodes of a container.
func (t *Tree) Len() int {
	if t == nil {
		return 0
	}
	return len(t.nodes)
}

// Get returns the node of that name, or nil.
func (t *Tree) Get(name string) *Tree {
	if i := t.find(name); i >= 0 {
		return &t.nodes[i]
	}
	return nil
}

// All walks a container in order of appearance.
func (t *Tree) All() iter.Seq2[string, *Tree] {
	return func(yield func(string, *Tree) bool) {
		for i := range t.Len() {
			if !yield(t.nodes[i].key, &t.nodes[i]) {
				return
			}
		}
	}
}

// Items reads the node as a list (contract §1): a container's nodes as they
// stand, empty ones too, or a string cut at commas (and at line breaks, where
// lines is set) with empty pieces dropped.
func (t *Tree) Items(lines bool) []*Tree {
	if t == nil {
		return nil
	}
	if t.kind == kindScalar {
		return splitItems(t.value, lines)
	}
	items := make([]*Tree, len(t.nodes))
	for i := range t.nodes {
		items[i] = &t.nodes[i]
	}
	return items
}

func splitItems(s string, lines bool) []*Tree {
	cut := func(r rune) bool { return r == ',' || lines && (r == '\n' || r == '\r') }
	var items []*Tree
	for piece := range strings.FieldsFuncSeq(s, cut) {
		if piece = strings.TrimSpace(piece); piece != "" {
			items = append(items, &Tree{value: piece})
		}
	}
	return items
}

func (t *Tree) find(name string) int {
	if t == nil {
		return -1
	}
	if t.index != nil {
		if i, ok := t.index[name]; ok {
			return i
		}
		return -1
	}
	for i := range t.nodes {
		if t.nodes[i].key == name {
			return i
		}
	}
	return -1
}

// child returns the node of that name, made if need be. It makes t a container;
// the pointer holds until the next child is made.
func (t *Tree) child(name string) *Tree {
	if t.kind != kindContainer {
		t.clear(kindContainer)
	}
	if i := t.find(name); i >= 0 {
		return &t.nodes[i]
	}
	return t.appendChild(name)
}

func (t *Tree) appendChild(name string) *Tree {
	t.nodes = append(t.nodes, Tree{key: name})
	if t.index != nil {
		t.index[name] = len(t.nodes) - 1
	} else if len(t.nodes) > indexFrom {
		t.reindex()
	}
	if i, ok := listIndex(name); ok && i >= t.next {
		t.next = i + 1
	}
	return &t.nodes[len(t.nodes)-1]
}

func (t *Tree) reindex() {
	t.index = make(map[string]int, 2*len(t.nodes))
	for i := range t.nodes {
		t.index[t.nodes[i].key] = i
	}
}

// appendItem makes a node under the next free list index, which may have more digits
// than a client's own (listIndex).
func (t *Tree) appendItem() *Tree {
	if t.kind != kindContainer {
		t.clear(kindContainer)
	}
	index := t.next
	item := t.child(strconv.Itoa(index))
	t.next = index + 1
	return item
}

// clear makes t an empty node of that kind, keeping its name.
func (t *Tree) clear(k kind) { *t = Tree{key: t.key, kind: k} }

func (t *Tree) setValue(v string) {
	t.clear(kindScalar)
	t.value = v
}

func (t *Tree) setFile(f *File) {
	t.clear(kindFile)
	t.file = f
}

// remove makes a node absent; only a repeated JSON key that ends as null needs it. Its
// place stays until compact, so that as many as there may be cost no more than others.
func (t *Tree) remove(name string) {
	if i := t.find(name); i >= 0 {
		t.nodes[i].clear(kindAbsent)
		t.gaps = true
	}
}

// compact takes out what was removed, once all nodes are read.
func (t *Tree) compact() {
	if !t.gaps {
		return
	}
	t.gaps = false
	t.nodes = slices.DeleteFunc(t.nodes, func(node Tree) bool { return node.kind == kindAbsent })
	if t.index != nil {
		t.reindex()
	}
}

// merge puts over's nodes into t. What both have, over decides; two objects
// are merged name by name, a list is replaced as a whole.
func (t *Tree) merge(over *Tree) {
	if len(t.nodes) == 0 {
		over.key = t.key
		*t = *over
		return
	}
	t.nodes = slices.Grow(t.nodes, len(over.nodes))
	for i := range over.nodes {
		theirs := &over.nodes[i]
		ours := t.child(theirs.key)
		if ours.isObject() && theirs.isObject() {
			ours.merge(theirs)
		} else {
			*ours = *theirs
		}
	}
}

// isObject reports whether the node is a container with a name that is no list
// index.
func (t *Tree) isObject() bool {
	for i := range t.nodes {
		if _, ok := listIndex(t.nodes[i].key); !ok {
			return true
		}
	}
	return false
}

// listIndex reads a canonical list index: no sign, no leading zero, at most
// nine digits, so that counting on from it cannot overflow.
func listIndex(name string) (int, bool) {
	if name == "" || len(name) > 9 || name[0] == '0' && len(name) > 1 {
		return 0, false
	}
	n := 0
	for i := range len(name) {
		digit := name[i] - '0'
		if digit > 9 {
			return 0, false
		}
		n = n*10 + int(digit)
	}
	return n, true
}
