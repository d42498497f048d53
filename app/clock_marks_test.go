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
		c.move(i, schemas.Instant(i)*minute, 10*time.Minute)
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
	c.forget(900)
	if c.Marks[0].Offset > 900 || len(c.Marks) > 1 && c.Marks[1].Offset <= 900 {
		t.Errorf("marks below the floor: %v", c.Marks)
	}
}

// The first record after a pause has a mark of its own, wherever in a batch it
// lies: retention deletes what was before the pause.
func TestAMarkStandsAtTheRecordAfterAPause(t *testing.T) {
	c := newSourceCommit()
	for i := range int64(100) {
		c.move(i, schemas.Instant(i)*minute, 12*time.Hour)
	}
	committed := slices.Clone(c.Marks)
	staged := c
	for i := range int64(100) {
		staged.move(100+i, schemas.Instant(100_000+i)*minute, 12*time.Hour)
	}
	for offset := range int64(100) {
		if m, ok := staged.before(100 + offset); !ok || m.Offset < 100 {
			t.Errorf("a fold from offset %d begins at %+v", 100+offset, m)
		}
	}
	if m, _ := staged.before(100); m != (clockMark{100, 99 * minute}) {
		t.Errorf("the mark is %+v", m)
	}
	if !slices.Equal(c.Marks, committed) {
		t.Errorf("what is committed changed: %v", c.Marks)
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
