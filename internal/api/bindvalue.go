package api

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A setter reads a scalar's text into v. It returns the catalogue key of what
// is wrong with the text, or "".
type setter func(text string, v reflect.Value) (key string, args Args)

func compileSetter(t reflect.Type, tg tag) (setter, error) {
	switch t.Kind() {
	case reflect.String:
		return tg.setString, nil
	case reflect.Int, reflect.Int64:
		return tg.setInt, nil
	case reflect.Bool:
		return setBool, nil
	default:
		return nil, fmt.Errorf("a parameter can't be a %s", t)
	}
}

func (tg tag) setString(text string, v reflect.Value) (string, Args) {
	if tg.max != nil && int64(len(text)) > *tg.max && int64(utf8.RuneCountInString(text)) > *tg.max {
		return "value.tooLong", Args{"Count": *tg.max}
	}
	if !tg.allows(text) {
		return "value.notOneOf", Args{"Allowed": strings.Join(tg.oneof, ", ")}
	}
	v.SetString(text)
	return "", nil
}

func (tg tag) setInt(text string, v reflect.Value) (string, Args) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	switch {
	case err != nil:
		return "value.notNumber", nil
	case tg.min != nil && n < *tg.min:
		return "value.tooSmall", Args{"Min": *tg.min}
	case tg.max != nil && n > *tg.max:
		return "value.tooBig", Args{"Max": *tg.max}
	case tg.oneof != nil && !tg.allows(strconv.FormatInt(n, 10)):
		return "value.notOneOf", Args{"Allowed": strings.Join(tg.oneof, ", ")}
	}
	v.SetInt(n)
	return "", nil
}

func (tg tag) allows(text string) bool {
	return tg.oneof == nil || slices.Contains(tg.oneof, text)
}

func setBool(text string, v reflect.Value) (string, Args) {
	switch {
	case text == "1" || strings.EqualFold(text, "true"):
		v.SetBool(true)
	case text == "0" || strings.EqualFold(text, "false"):
		v.SetBool(false)
	default:
		return "value.notFlag", nil
	}
	return "", nil
}

func bindTree(_ *binding, _ place, node *Tree, v reflect.Value) {
	v.Field(0).Set(reflect.ValueOf(node))
}

func bindFile(b *binding, at place, node *Tree, v reflect.Value) {
	if node.File() == nil {
		b.refuse(at, "value.notFile", nil)
		return
	}
	v.Set(reflect.ValueOf(node.File()))
}

// compileList reads []string, []int64 and lists of structs.
func compileList(t reflect.Type, tg tag) (binder, error) {
	// In a list, max counts items; the other bounds hold for each item.
	item := tg
	item.max = nil
	element, err := compileBinder(t.Elem(), item)
	if err != nil {
		return nil, err
	}
	return func(b *binding, at place, node *Tree, v reflect.Value) {
		items := node.Items(tg.lines)
		if tg.first > 0 && len(items) > tg.first {
			items = items[:tg.first]
		}
		if tg.max != nil && int64(len(items)) > *tg.max {
			b.refuse(at, "value.tooMany", Args{"Count": *tg.max})
			return
		}
		list := reflect.MakeSlice(t, len(items), len(items))
		for i, node := range items {
			element(b, at, node, list.Index(i))
		}
		v.Set(list)
	}, nil
}

// bindPagination keeps the rules of pages (contract §2.2).
func bindPagination(b *binding, at place, node *Tree, v reflect.Value) {
	page := Pagination{Size: defaultPageSize}
	if !node.IsContainer() {
		b.refuseShape(at, "value.notObject")
		return
	}
	if size := node.Get("pageSize"); !size.IsEmpty() {
		n, ok := pageNumber(size)
		if !ok || n == 0 {
			b.refuse(at.child("pageSize", false), "value.notPositive", nil)
		}
		page.Size = min(n, maxPageSize)
	}
	if current := node.Get("currentPage"); !current.IsEmpty() {
		n, ok := pageNumber(current)
		if !ok {
			b.refuse(at.child("currentPage", false), "value.notPage", nil)
		}
		page.Current = n
	}
	v.Set(reflect.ValueOf(page))
}

// pageNumber reads a whole number from 0; what is too big to count to is
// maxPage.
func pageNumber(node *Tree) (int, bool) {
	text, ok := node.Value()
	if !ok || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	if err != nil || n > maxPage {
		n = maxPage // digits alone fail only by being too many
	}
	return n, true
}

func compileSort(tg tag) (binder, error) {
	if len(tg.sort) == 0 {
		return nil, fmt.Errorf(`no fields to sort by, want sort:"id createTs"`)
	}
	return func(b *binding, at place, node *Tree, v reflect.Value) {
		if !node.IsContainer() {
			b.refuseShape(at, "value.notObject")
			return
		}
		var order Sort
		for name, direction := range node.All() {
			if key, ok := tg.sortKey(b, at.child(name, false), direction); ok {
				order = append(order, key)
			}
		}
		v.Set(reflect.ValueOf(order))
	}, nil
}

func (tg tag) sortKey(b *binding, at place, direction *Tree) (SortKey, bool) {
	text, scalar := direction.Value()
	switch {
	case !slices.Contains(tg.sort, direction.Name()):
		b.refuse(at, "value.notSortable", Args{"Allowed": strings.Join(tg.sort, ", ")})
	case direction.IsEmpty():
	case scalar && strings.EqualFold(text, "asc"):
		return SortKey{Field: direction.Name()}, true
	case scalar && strings.EqualFold(text, "desc"):
		return SortKey{Field: direction.Name(), Desc: true}, true
	default:
		b.refuse(at, "value.notDirection", nil)
	}
	return SortKey{}, false
}
