package audit

import (
	"math"

	"hindsight/schemas"
)

// windowKey names a window of one version and segment.
type windowKey struct {
	monitor
	version, segment string
	start            schemas.Instant
}

// monitor is a configured window of one model.
type monitor struct{ model, window string }

// windowSeen is its last revision.
type windowSeen struct {
	schemas.Window
	position Position
}

// Window takes one revision of a window. What was judged after the commit is
// left for the next audit.
func (a *Auditor) Window(at Position, w *schemas.Window) {
	c := a.watches[at.Partition]
	if c == nil || w.At > c.Judged {
		return
	}
	a.checked(Fold, "window revisions", 1)
	k := windowKey{monitor{w.Model, w.Name}, w.Version, w.Segment, w.Start}
	id := w.Name + " " + w.Start.String() + " " + w.Version + " " + w.Segment
	if born, ok := a.born[k.monitor]; !ok || w.At < born {
		a.born[k.monitor] = w.At
	}
	for _, m := range w.Metrics {
		if !finite(m.Value) || !finite(m.Low) || !finite(m.High) {
			a.broken(Records, "figure-not-finite", id, at, "%s is %v in [%v, %v]", m.Name, m.Value, m.Low, m.High)
		}
		if m.Undefined == "" && m.N <= 0 {
			a.broken(Fold, "figure-of-nothing", id, at, "%s is %v of %d outcomes: unsure is not well", m.Name, m.Value, m.N)
		}
	}
	last := a.windows[k]
	mayMiss := a.o.Compacted[at.Topic] || a.trimmed(at.Topic, at.Partition)
	switch {
	case last != nil && w.Revision <= last.Revision:
		if !a.o.AtLeastOnce {
			a.broken(Uniqueness, "window-twice", id, at, "revision %d, after revision %d", w.Revision, last.Revision)
		}
		return
	case last == nil && w.Revision != 1 && !mayMiss, last != nil && w.Revision != last.Revision+1 && !mayMiss:
		before := int32(0)
		if last != nil {
			before = last.Revision
		}
		a.broken(Uniqueness, "window-gap", id, at, "revision %d, after revision %d", w.Revision, before)
	case last != nil && last.State == schemas.Final:
		a.broken(Uniqueness, "window-after-final", id, at, "revision %d, after revision %d was final", w.Revision, last.Revision)
	case last != nil && w.At <= last.At:
		a.broken(Uniqueness, "window-twice", id, at, "revision %d is of %v, the one before of %v", w.Revision, w.At, last.At)
	}
	a.windows[k] = &windowSeen{*w, at}
}

func finite(x float64) bool { return x-x == 0 }

// near reports whether two figures are equal but for the last digits, which
// another processor may round otherwise.
func near(x, y float64) bool {
	return x == y || math.Abs(x-y) <= 1e-9*max(math.Abs(x), math.Abs(y))
}
