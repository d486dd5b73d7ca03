// Package house keeps the rules of the house that a compiler does not: which room may import which, who may name a
// table in SQL, and what is never done. Its tests read the source of the whole module; a rule is a function from a tree
// of files to a list of problems, and each has a table of small trees that break it.
package house
