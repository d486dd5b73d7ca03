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

// A List is what every list method answers (contract §2.2).
type List[T any] struct {
	Items          []T    `json:"items"`
	TotalItemCount string `json:"totalItemCount"`
}

// NewList makes a list answer; total counts the matches on all pages.
func NewList[T any](items []T, total int64) List[T] {
	if items == nil {
		items = []T{}
	}
	return List[T]{Items: items, TotalItemCount: strconv.FormatInt(total, 10)}
}
