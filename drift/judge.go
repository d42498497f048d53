package drift

import (
	"fmt"
	"slices"
	"time"

	"hindsight/drift/alarm"
	"hindsight/schemas"
)

// challenger is the role whose sums serve verdicts, not windows: windows and
// alarms are about the answers that were published.
const challenger = "challenger"

// Judge judges every instant that all partitions have closed, in order, and
// emits what each publishes: windows by configured window, start, version and
// segment, then alarms by rule, version and segment. Instants at which nothing
// can change are passed in one step. After an error of out the watcher has
// judged more than was emitted and must be restored.
func (w *Watch) Judge(out Emitter) error {
	return w.judgeTo(w.intake.closed().Floor(w.config.Tick), out)
}

func (w *Watch) judgeTo(bound schemas.Instant, out Emitter) error {
	for {
		now := w.next()
		if now > bound || now == schemas.Forever {
			break
		}
		if err := w.judge(now, out); err != nil {
			return fmt.Errorf("instant %v: %w", now, err)
		}
	}
	if bound > w.judged {
		w.judged = bound
		w.intake.take(bound, func(batch) {}) // none of them has cells
		w.tidy()
		w.forget()
	}
	return nil
}

// next is the first instant after the judged one at which something can change.
func (w *Watch) next() schemas.Instant {
	next := w.intake.first().Ceil(w.config.Tick)
	for _, c := range w.calendars {
		next = min(next, c.next(w.judged))
	}
	for _, l := range w.listeners {
		next = min(next, max(l.due(w.lateness(), w.config.Tick), w.judged.After(w.config.Tick)))
	}
	if len(w.unclaimed) > 0 {
		next = min(next, w.judged.After(w.config.Tick))
	}
	return next
}

func (w *Watch) judge(now schemas.Instant, out Emitter) error {
	w.judged = now
	w.intake.take(now, func(b batch) { w.merge(b, now) })
	for _, c := range w.calendars {
		for _, record := range w.publish(c, now) {
			if err := out.Window(record); err != nil {
				return err
			}
		}
		c.rouse(now)
	}
	w.tidy()
	for _, record := range w.alarms(now) {
		if err := out.Alarm(record); err != nil {
			return err
		}
	}
	w.forget()
	return nil
}

func (w *Watch) merge(b batch, now schemas.Instant) {
	for _, c := range w.calendars {
		if c.spec.Clock == schemas.LabelClock {
			c.tell(b.fates, now, b.offset)
		}
	}
	for i := range b.cells {
		cell := &b.cells[i]
		if cell.Role == challenger {
			continue
		}
		w.cohorts.add(cell, now, b.offset)
		w.hear(cell)
		for _, c := range w.calendars {
			if c.spec.Clock == cell.Clock {
				c.add(cell, now, b.offset)
			}
		}
	}
}

// alarms steps the rules on every track that was woken.
func (w *Watch) alarms(now schemas.Instant) []*schemas.Alarm {
	var records []*schemas.Alarm
	for _, memory := range w.unclaimed {
		if record := alarm.Retire(w.config.Model, memory, now); record != nil {
			records = append(records, record)
		}
	}
	w.unclaimed = nil
	var steps []stepper
	for _, c := range w.calendars {
		for _, t := range c.awake {
			for _, g := range t.guards {
				steps = append(steps, stepper{g.rule, t.trackKey, func() *schemas.Alarm { return g.step(w.config.Model, now) }})
			}
		}
	}
	for _, l := range w.listeners {
		if l.heard || l.due(w.lateness(), w.config.Tick) <= now {
			steps = append(steps, stepper{l.rule, trackKey{segment: l.segment}, func() *schemas.Alarm { return l.step(w.config.Model, w.lateness(), now) }})
		}
	}
	slices.SortFunc(steps, stepper.compare)
	for _, s := range steps {
		if record := s.step(); record != nil {
			records = append(records, record)
		}
	}
	for _, c := range w.calendars {
		c.calm()
	}
	return records
}

// tidy lets go of the windows that are out of reach at the judged instant.
func (w *Watch) tidy() {
	for _, c := range w.calendars {
		c.drop(w.judged)
	}
	w.cohorts.drop(w.judged)
}

// forget lets go of the tracks that hold nothing any more.
func (w *Watch) forget() {
	for _, c := range w.calendars {
		c.forget()
	}
	for key, l := range w.listeners {
		if l.over(w.lateness(), w.judged) {
			delete(w.listeners, key)
		}
	}
}

// lateness is how long after a score its label may come.
func (w *Watch) lateness() time.Duration { return w.config.Horizon + w.config.Grace }
