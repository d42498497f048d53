package labels

import (
	"cmp"
	"strings"

	"hindsight/schemas"
)

// Label is the truth for one event, where it stands, and when it arrived.
type Label struct {
	EventID   string
	Truth     string // canonical text
	Extra     schemas.Extra
	LabelTime schemas.Instant
	Arrival   schemas.Instant // its source's clock when it stood at the label
	Topic     string          // the source: where its user put it
	Partition int32
	Offset    int64
	Rerouted  int64 // its offset in labels-rerouted, -1 where it is joined in place
}

// waits is a label in the state.
type waits struct {
	Label
	lifted   int64           // offset of the lift that raised its arrival, -1 for none
	deadline schemas.Instant // when it becomes an orphan
}

// rank orders the labels of one event for the policies.
type rank struct {
	labelTime, arrival schemas.Instant
	topic              string
	partition          int32
	offset             int64
}

func (l *Label) rank() rank {
	return rank{l.LabelTime, l.Arrival, l.Topic, l.Partition, l.Offset}
}

func (r rank) compare(s rank) int {
	return cmp.Or(
		cmp.Compare(r.labelTime, s.labelTime),
		cmp.Compare(r.arrival, s.arrival),
		strings.Compare(r.topic, s.topic),
		cmp.Compare(r.partition, s.partition),
		cmp.Compare(r.offset, s.offset),
	)
}

// appendTruth appends what a label says, at the end of a value: a weight only
// where it has one.
func appendTruth(dst []byte, l *Label) []byte {
	dst = appendInt(appendText(dst, l.Truth), int64(l.LabelTime))
	if l.Extra != 0 {
		dst = appendInt(dst, int64(l.Extra))
	}
	return dst
}

// truth reads what appendTruth wrote.
func (d *decoder) truth(l *Label) {
	l.Truth, l.LabelTime = d.text(), d.instant()
	if d.rest != "" {
		l.Extra = d.extra()
	}
}
