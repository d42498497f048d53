package labels

import (
	"time"

	"hindsight/schemas"
)

// Config is what a Join is told that is not logged: nothing in it changes what
// is decided.
type Config struct {
	EventsTopic string        // the source topic of scores
	ScoresTopic string        // the source topic of foreign scores, whose SourcePartition is -1
	EventWidth  time.Duration // of slices on the event clock, > 0
	LabelWidth  time.Duration // of slices on the label clock, > 0
	Models      []string      // whose slices are closed even before their first score
	FatesOf     string        // the model whose slices tell what became of labels; "": none do
	Identity    string        // cluster, topic ids: a state of another one is ErrForeign
	BatchBytes  int           // Close stops, amid a tick or after it, once the batch has grown beyond it; 0: never
	BatchCount  int           // the same for the outcomes that one call of Close decides
}

// Emitter takes what the close of ticks decides, in order. What is pointed to
// is valid during the call only.
type Emitter interface {
	Outcome(*schemas.Outcome) error
	Slice(*schemas.Slice) error
}

// silence is the emitter of what has been published before.
type silence struct{}

func (silence) Outcome(*schemas.Outcome) error { return nil }
func (silence) Slice(*schemas.Slice) error     { return nil }
