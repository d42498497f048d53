package labels

import (
	"cmp"
	"slices"

	"hindsight/schemas"
)

// Position is a place in a source: one partition of events or labels.
type Position struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
}

// Lift is a logged decision that sources no longer hold time: their records at
// or past the positions arrive no earlier than Value.
type Lift struct {
	Value     schemas.Instant `json:"value"`
	Positions []Position      `json:"positions"`
	Offset    int64           `json:"-"` // of the record in labels-rerouted
}

// source is one partition of events or labels.
type source struct {
	topic     string
	partition int32
}

// step is what one lift does to one source.
type step struct {
	position int64
	value    schemas.Instant
	offset   int64 // of the lift
}

// lifts are the steps that may still raise a record, by source, in order of
// position; values rise with them.
type lifts map[source][]step

// add returns the steps that the new one makes superfluous, and false where it
// is superfluous itself.
func (l lifts) add(s source, n step) (gone []step, added bool) {
	for _, x := range l[s] {
		if x.position <= n.position && x.value >= n.value {
			return nil, false
		}
	}
	kept := slices.DeleteFunc(slices.Clone(l[s]), func(x step) bool {
		dominated := n.position <= x.position && n.value >= x.value
		if dominated {
			gone = append(gone, x)
		}
		return dominated
	})
	i, _ := slices.BinarySearchFunc(kept, n.position, func(x step, position int64) int { return cmp.Compare(x.position, position) })
	l[s] = slices.Insert(kept, i, n)
	return gone, true
}

// raise returns the arrival of the record at an offset of a source, and the
// offset of the lift that raised it, -1 where none did.
func (l lifts) raise(s source, offset int64, arrival schemas.Instant) (schemas.Instant, int64) {
	by := int64(-1)
	for _, x := range l[s] {
		if x.position <= offset && x.value > arrival {
			arrival, by = x.value, x.offset
		}
	}
	return arrival, by
}

// passed returns and forgets the steps that a source's own clock has passed:
// its later records arrive no earlier by themselves.
func (l lifts) passed(s source, clock schemas.Instant) (gone []step) {
	steps, ok := l[s]
	if !ok || steps[0].value > clock {
		return nil
	}
	n := 0
	for n < len(steps) && steps[n].value <= clock {
		n++
	}
	gone = slices.Clone(steps[:n])
	if l[s] = slices.Delete(steps, 0, n); len(l[s]) == 0 {
		delete(l, s)
	}
	return gone
}

// floor returns the offset of the oldest lift that is kept, or none.
func (l lifts) floor(none int64) int64 {
	for _, steps := range l {
		for _, x := range steps {
			none = min(none, x.offset)
		}
	}
	return none
}
