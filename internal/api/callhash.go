package api

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Hash is the first half of a SHA-256 sum.
type Hash [sha256.Size / 2]byte

// HashOf sums texts up: no two lists of texts have the same sum.
func HashOf(texts ...string) Hash {
	h := sha256.New()
	for _, text := range texts {
		piece(h, 't', text)
	}
	return Hash(h.Sum(nil))
}

// piece adds a text to a sum, with its kind and its length, so that pieces don't run
// into each other.
func piece(h hash.Hash, kind byte, text string) {
	var head [9]byte
	head[0] = kind
	binary.BigEndian.PutUint64(head[1:], uint64(len(text)))
	h.Write(head[:])
	io.WriteString(h, text)
}

// hash sums up a call: its method, and of its parameters what the method reads, in the
// method's order. So the forms in which contract §1 lets parameters come are one call,
// and what means nothing (unknown names, an empty string, the reserved ones and the key)
// makes no other of it.
func (x *exchange) hash(args *Tree) (Hash, error) {
	h := sha256.New()
	piece(h, 'm', x.entry.label)
	err := x.entry.takes.hash(h, args)
	return Hash(h.Sum(nil)), err
}

func (pl *plan) hash(h hash.Hash, t *Tree) error {
	for i := range pl.fields {
		f := &pl.fields[i]
		node := t.Get(f.name)
		if !f.reads(node) {
			continue
		}
		piece(h, 'n', f.name)
		if err := f.hash(h, node); err != nil {
			return err
		}
	}
	piece(h, 'e', "")
	return nil
}

// reads tells whether a parameter is there, in whole or in part.
func (f *fieldPlan) reads(t *Tree) bool {
	inner := f.about.nested
	switch {
	case t == nil, t.IsEmpty() && !f.optional && !f.keepEmpty:
		return false
	case f.items || inner == nil || !t.IsContainer():
		return true
	}
	for i := range inner.fields {
		if field := &inner.fields[i]; field.reads(t.Get(field.name)) {
			return true
		}
	}
	return false
}

func (f *fieldPlan) hash(h hash.Hash, t *Tree) error {
	switch {
	case f.items && t.File() == nil:
		return hashItems(h, t.Items(f.lines))
	case f.about.nested != nil && t.IsContainer():
		return f.about.nested.hash(h, t)
	}
	return t.hash(h)
}

// hashItems adds a list, whatever the names of its items.
func hashItems(h hash.Hash, items []*Tree) error {
	for _, item := range items {
		piece(h, 'i', "")
		if err := item.hash(h); err != nil {
			return err
		}
	}
	piece(h, 'e', "")
	return nil
}

// hash adds a node that its method reads itself: of an object the names in alphabetical
// order, of a list the items as they stand.
func (t *Tree) hash(h hash.Hash) error {
	switch t.kind {
	case kindScalar:
		piece(h, 'v', t.value)
		return nil
	case kindFile:
		return t.file.hash(h)
	}
	nodes := t.Items(false)
	if !t.isObject() {
		return hashItems(h, nodes)
	}
	slices.SortFunc(nodes, func(a, b *Tree) int { return strings.Compare(a.key, b.key) })
	for _, node := range nodes {
		piece(h, 'n', node.key)
		if err := node.hash(h); err != nil {
			return err
		}
	}
	piece(h, 'e', "")
	return nil
}

func (f *File) hash(h hash.Hash) error {
	file, err := f.Open()
	if err != nil {
		return err
	}
	defer file.Close()
	piece(h, 'f', strconv.FormatInt(f.Size, 10))
	_, err = io.Copy(h, file)
	return err
}
