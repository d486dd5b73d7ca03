package api

import "strconv"

// An Answer is a result whose code is not 0: part of a mass operation, or a
// task in the background. A method returns it like any other value.
type Answer struct {
	Code Code
	Data any
	Key  string // catalogue key of the message
	Args Args
}

// PartlyDone is code 98: data says per element what was done.
func PartlyDone(data any) *Answer {
	return &Answer{Code: CodePartlyDone, Data: data, Key: "answer.partlyDone"}
}

// NothingDone is code 99: data says per element why not.
func NothingDone(data any) *Answer {
	return &Answer{Code: CodeNothingDone, Data: data, Key: "answer.nothingDone"}
}

// Background is code 100: the work goes on as the task with this id.
func Background(taskID int64) *Answer {
	return &Answer{Code: CodeBackground, Data: taskID, Key: "answer.background"}
}

// MassAnswer chooses between plain data (code 0), 98 and 99 by how many of all
// elements were done.
func MassAnswer(done, all int, data any) any {
	switch {
	case done == all:
		return data
	case done == 0:
		return NothingDone(data)
	default:
		return PartlyDone(data)
	}
}

// Processed is what a mass operation on records answers: the ids of those that were
// done, and of the others, each in the order they were given.
type Processed struct {
	Processed    []string `json:"processed" doc:"Ids of those that it was done to, in the order they were given."`
	NotProcessed []string `json:"notProcessed" doc:"Ids of the others."`
}

// NewProcessed sorts ids, each once, by whether they were done.
func NewProcessed(ids []int64, done func(id int64) bool) Processed {
	p := Processed{Processed: []string{}, NotProcessed: []string{}}
	seen := map[int64]bool{}
	for _, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		if text := strconv.FormatInt(id, 10); done(id) {
			p.Processed = append(p.Processed, text)
		} else {
			p.NotProcessed = append(p.NotProcessed, text)
		}
	}
	return p
}

// Answer is code 0, 98 or 99.
func (p Processed) Answer() any {
	return MassAnswer(len(p.Processed), len(p.Processed)+len(p.NotProcessed), p)
}

// A List is what every list method answers (contract §2.2).
type List[T any] struct {
	Items          []T    `json:"items" doc:"What is on the page."`
	TotalItemCount string `json:"totalItemCount" doc:"How many were found, on all pages."`
}

// NewList makes a list answer; total counts the matches on all pages.
func NewList[T any](items []T, total int64) List[T] {
	if items == nil {
		items = []T{}
	}
	return List[T]{Items: items, TotalItemCount: strconv.FormatInt(total, 10)}
}
