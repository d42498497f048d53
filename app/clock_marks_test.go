package app

import (
	"slices"
	"testing"
	"time"

	"hindsight/schemas"
)

const minute = schemas.Instant(60 * 1_000_000)

func TestMarksFindTheClockBeforeAnOffset(t *testing.T) {
	c := newSourceCommit()
	c.Marks = []clockMark{{0, schemas.Beginning}}
	for i := range int64(1000) {
		c.Clock = schemas.Instant(i) * minute
		c.mark(i+1, 0, 10*time.Minute)
	}
	if len(c.Marks) > maxMarks {
		t.Errorf("%d marks", len(c.Marks))
	}
	for _, offset := range []int64{0, 1, 7, 500, 1000} {
		m, ok := c.before(offset)
		if !ok || m.Offset > offset {
			t.Errorf("before %d: %v, %v", offset, m, ok)
		}
		if m.Offset > 0 && m.Clock != schemas.Instant(m.Offset-1)*minute {
			t.Errorf("the mark at %d says %v", m.Offset, m.Clock)
		}
	}
	c.mark(1001, 900, 10*time.Minute)
	if c.Marks[0].Offset > 900 || len(c.Marks) > 1 && c.Marks[1].Offset <= 900 {
		t.Errorf("marks below the floor: %v", c.Marks)
	}
}

func TestSettingAsideIsBoundedAndLeavesWhatWasCommitted(t *testing.T) {
	var c sourceCommit
	for i := range int64(3 * maxAside) {
		before := slices.Clone(c.Aside)
		committed := c
		c.setAside(i)
		if !slices.Equal(committed.Aside, before) {
			t.Fatal("what is committed changed")
		}
	}
	if len(c.Aside) != maxAside || c.Aside[maxAside-1] != 3*maxAside-1 || c.DeadLetters != 3*maxAside {
		t.Errorf("%d aside, %d dead letters: %v", len(c.Aside), c.DeadLetters, c.Aside)
	}
}
