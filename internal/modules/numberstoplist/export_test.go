package numberstoplist

// Bounds of what is done at once.
const (
	ImportChunk = importChunk
	MostFew     = mostFew
)

// Sweep removes old changes, as is done in the background.
var Sweep = (*Module).sweep

// CatchUp reads changes, as is done when the watcher has seen that there are some.
var CatchUp = (*Module).follow
