package labels

import (
	"cmp"
	"slices"

	"hindsight/schemas"
)

// chapter is one record of settings and how long it is needed.
type chapter struct {
	Settings
	Offset int64           `json:"offset"` // of the record in labels-rerouted
	Needed schemas.Instant `json:"needed"` // until everything that lives by it is forgotten
}

// timeline is which settings are in force when, by From. It is the only place
// that knows where the ticks are.
type timeline []chapter

// add puts a record of settings into its place. Those logged later hold from
// no earlier than those logged before. It reports whether c is new.
func (t *timeline) add(c chapter) bool {
	i, known := slices.BinarySearchFunc(*t, c.Offset, func(x chapter, offset int64) int { return cmp.Compare(x.Offset, offset) })
	if known {
		return false
	}
	*t = slices.Insert(*t, i, c)
	for i := 1; i < len(*t); i++ {
		(*t)[i].From = max((*t)[i].From, (*t)[i-1].From)
	}
	return true
}

// at returns the settings in force at a tick, nil where none are known.
func (t timeline) at(tick schemas.Instant) *chapter {
	for i := len(t) - 1; i >= 0; i-- {
		if t[i].From < tick {
			return &t[i]
		}
	}
	return nil
}

// logged returns the settings of the record at an offset of labels-rerouted.
func (t timeline) logged(offset int64) *chapter {
	for i := range t {
		if t[i].Offset == offset {
			return &t[i]
		}
	}
	return nil
}

// after returns the first tick strictly after i, Forever where there is none.
func (t timeline) after(i schemas.Instant) schemas.Instant {
	for n := range t {
		if n+1 < len(t) && t[n+1].From <= i {
			continue
		}
		tick := max(i, t[n].From).After(t[n].Tick)
		if n+1 == len(t) || tick <= t[n+1].From {
			return tick
		}
	}
	return schemas.Forever
}

// from returns the first tick at or after i.
func (t timeline) from(i schemas.Instant) schemas.Instant {
	if i == schemas.Beginning || i == schemas.Forever {
		return i
	}
	return t.after(i - 1)
}

// last returns the last tick at or before i, Beginning where there is none.
func (t timeline) last(i schemas.Instant) schemas.Instant {
	for n := len(t) - 1; n >= 0; n-- {
		if t[n].From >= i {
			continue
		}
		if tick := i.Floor(t[n].Tick); tick > t[n].From {
			return tick
		}
		i = t[n].From
	}
	return schemas.Beginning
}

// prune drops the oldest settings that nothing lives by any more.
func (t *timeline) prune(closed schemas.Instant) {
	for len(*t) > 1 && (*t)[1].From <= closed && (*t)[0].Needed <= closed {
		*t = slices.Delete(*t, 0, 1)
	}
}
