package drift

import (
	"cmp"
	"strings"
	"time"

	"hindsight/drift/alarm"
	"hindsight/schemas"
)

// listener is one rule on silence for one segment, over all versions: labels of
// the old one tell that the feed is alive before any of a new one is due. All
// that it knows is in its memory, so that a restart needs no slices for it.
type listener struct {
	segment        string
	rule           *rule
	memory         schemas.AlarmMemory
	scored, labels int64 // that this instant brings
	heard          bool
}

type listenerKey struct{ segment, rule string }

// hear tells the listeners of a cell.
func (w *Watch) hear(c *schemas.Cell) {
	if c.Clock != schemas.EventClock {
		return // each score and label is on both
	}
	for _, r := range w.rules {
		if r.Feed != alarm.Silent || !r.Covers(c.Segment) {
			continue
		}
		l := w.listenerOf(r, c.Segment)
		l.scored += max(0, c.Scored)
		for _, p := range c.Pairs {
			l.labels += max(0, p.N)
		}
		l.labels -= c.Assumed // those that are taken back were met by a label
		l.heard = true
	}
}

func (w *Watch) listenerOf(r *rule, segment string) *listener {
	key := listenerKey{segment, r.Name}
	l := w.listeners[key]
	if l == nil {
		key.segment = strings.Clone(segment)
		l = &listener{segment: key.segment, rule: r, memory: r.Begin("", key.segment)}
		w.listeners[key] = l
	}
	return l
}

// step judges at the instant now.
func (l *listener) step(model string, settle time.Duration, now schemas.Instant) *schemas.Alarm {
	s := l.rule.Hear(alarm.SilenceOf(l.memory), l.scored, max(0, l.labels), now)
	var record *schemas.Alarm
	l.memory, record = l.rule.Listen(model, l.memory, s, s.Until.Add(settle) <= now, now)
	l.scored, l.labels, l.heard = 0, 0, false
	return record
}

// due is the instant at which it changes its mind without a new slice: when a
// pending alarm was held long enough, or when no label is due any more.
func (l *listener) due(settle, tick time.Duration) schemas.Instant {
	return min(l.rule.Due(l.memory), alarm.SilenceOf(l.memory).Until.Add(settle)).Ceil(tick)
}

// over reports whether forgetting it loses nothing.
func (l *listener) over(settle time.Duration, now schemas.Instant) bool {
	return l.memory.State == schemas.Unknown && alarm.SilenceOf(l.memory).Until.Add(settle) <= now
}

// stepper is whatever a rule judges by at an instant.
type stepper struct {
	rule *rule
	key  trackKey
	step func() *schemas.Alarm
}

func (s stepper) compare(o stepper) int {
	return cmp.Or(cmp.Compare(s.rule.order, o.rule.order), s.key.compare(o.key))
}
