// Package api is the door of the server: it reads an HTTP request into a tree of
// parameters, finds the method, lets the caller in, binds the parameters, and
// writes what the method returns as an envelope. It knows no module and no
// database.
//
// # Methods
//
// A module returns its methods as values made by [Define]. A method is a
// function from a parameter struct to a value that encoding/json can encode, or
// an error. An [*Error] says its code and words itself; any other error is a
// defect of ours (code 3), unless Config.Classify knows better. A code that is
// no error (98, 99, 100) is returned as an [*Answer], a file as a [*FileAnswer].
//
// # Parameters
//
// Each field of a parameter struct has a name and a sentence of documentation:
//
//	type getSMSStatus struct {
//		IDs []int64 `param:"ids,max=100" doc:"Ids of the messages."`
//	}
//
// Fields are string, bool, int, int64, pointers to these (nil = absent or
// empty), [Optional] (tells absent from empty), lists of these, structs and lists
// of structs, [Pagination], [Sort], [Taken] for a part that the method reads
// itself, and [*File]. Embedded structs lend their fields. Options of the tag:
//
//	required   absent or empty is code 11
//	entity     a field of what is written: bad or empty is code 1 under its name.
//	           On a struct (data, params) it holds for all fields inside; there,
//	           a required field that is absent is code 1 too
//	min=, max= bounds of a number; max: characters of a string, items of a list
//	first=     a list is cut to so many items instead of being refused
//	oneof=a|b  the values there are
//	default=   the value when absent
//	lines      a list's string is cut at line breaks as well as commas
//	empty      a Taken that was sent as an empty string is not absent
//
// What is wrong with the parameters is answered as contract §2.1 orders it: 11,
// then 12, then 1 with all fields together; the method is not called. A method
// with fields of an entity that only it can judge embeds a [Validation] in its
// struct: then it is called with those problems of code 1 already in there, adds
// its own, and returns the Validation's Err.
//
// # Texts
//
// Every text for callers stands in catalog/active.<language>.toml under a key.
// A language is one file, and adding the file adds the language.
package api
