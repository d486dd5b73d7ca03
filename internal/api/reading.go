package api

import "slices"

// Reading lists the methods that change nothing as module.method, in lower case and in
// order, under all their names.
func (d *Door) Reading() []string {
	var names []string
	for module, methods := range d.table {
		for method, e := range methods {
			if !e.writes {
				names = append(names, module+"."+method)
			}
		}
	}
	slices.Sort(names)
	return names
}
