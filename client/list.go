package client

import (
	"cmp"
	"iter"
)

// pageMost is the most items a page has.
const pageMost = 100

// pages goes through a list that is asked for page by page.
func pages[I any](p Pagination, ask func(Pagination) (items []I, total Int, err error)) iter.Seq2[I, error] {
	size := cmp.Or(p.PageSize, pageMost)
	return func(yield func(I, error) bool) {
		var seen Int
		for page := Int(0); ; page++ {
			items, total, err := ask(Pagination{PageSize: size, CurrentPage: page})
			if err != nil {
				var none I
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			seen += Int(len(items))
			if len(items) == 0 || seen >= total {
				return
			}
		}
	}
}
