package app

import (
	"slices"
	"time"

	"hindsight/schemas"
)

// clockMark says where the clock of a source stood before the record at Offset.
type clockMark struct {
	Offset int64           `json:"o"`
	Clock  schemas.Instant `json:"c"`
}

// maxMarks keeps a commit's metadata small.
const maxMarks = 24

// move moves the clock by the record at offset. It remembers where the clock
// stood before, about once in `coarse` of stream time, so that a fold can begin
// there and give later records the same arrivals; and at the very record that
// comes after a pause, because what lies before may be deleted soon.
func (c *sourceCommit) move(offset int64, stamp schemas.Instant, coarse time.Duration) {
	if stamp <= c.Clock {
		return
	}
	if n := len(c.Marks); n == 0 || offset > c.Marks[n-1].Offset && stamp >= c.Marks[n-1].Clock.Add(coarse) {
		c.Marks = append(slices.Clone(c.Marks), clockMark{offset, c.Clock})
	}
	c.Clock = stamp
	if len(c.Marks) > maxMarks {
		kept := c.Marks[:0:0]
		for i, m := range c.Marks {
			if i%2 == 0 {
				kept = append(kept, m)
			}
		}
		c.Marks = kept
	}
}

// forget drops the marks before floor, but for the last at or before it.
func (c *sourceCommit) forget(floor int64) {
	for len(c.Marks) > 1 && c.Marks[1].Offset <= floor {
		c.Marks = c.Marks[1:]
	}
}

// maxAside bounds how many dead letters a commit remembers.
const maxAside = 64

// setAside remembers that the record at offset became a dead letter: what was
// unreadable or ahead of the wall clock then may not be so when it is folded again.
func (c *sourceCommit) setAside(offset int64) {
	c.DeadLetters++
	kept := c.Aside[max(0, len(c.Aside)+1-maxAside):]
	for len(kept) > 0 && len(c.Marks) > 0 && kept[0] < c.Marks[0].Offset {
		kept = kept[1:] // no fold begins so early
	}
	c.Aside = append(slices.Clone(kept), offset)
}

// before returns the last mark at or before offset.
func (c *sourceCommit) before(offset int64) (clockMark, bool) {
	for i := len(c.Marks) - 1; i >= 0; i-- {
		if c.Marks[i].Offset <= offset {
			return c.Marks[i], true
		}
	}
	return clockMark{}, false
}
