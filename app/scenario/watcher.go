package scenario

import (
	"fmt"
	"math/rand/v2"

	"hindsight/app/rules"
	"hindsight/drift"
	"hindsight/schemas"
)

// emitter keeps what a join decides.
type emitter struct {
	outcomes []schemas.Outcome
	slices   []schemas.Slice
}

// Outcome implements labels.Emitter.
func (e *emitter) Outcome(o *schemas.Outcome) error {
	var kept schemas.Outcome
	err := kept.DecodeAvro(o.AppendAvro(nil))
	e.outcomes = append(e.outcomes, kept)
	return err
}

// Slice implements labels.Emitter.
func (e *emitter) Slice(s *schemas.Slice) error {
	var kept schemas.Slice
	err := kept.DecodeAvro(s.AppendAvro(nil))
	e.slices = append(e.slices, kept)
	return err
}

// watcher is WATCH: what lies in the topic of slices stays, the watch itself
// may die and come back.
type watcher struct {
	config  drift.Config
	slices  []schemas.Slice
	watch   *drift.Watch
	next    int // slice
	windows []schemas.Window
	alarms  []schemas.Alarm
	shown   int // alarms that a block has listed

	committed struct {
		memory schemas.WatchState
		floor  int64
		next   int
		begun  bool
	}
}

func newWatcher(s *Scenario) (*watcher, error) {
	w := &watcher{config: rules.Watch(s.config)}
	w.config.Model, _ = s.model()
	return w, w.begin()
}

// begin makes the watch again from the slices since the floor and what was remembered.
func (w *watcher) begin() (err error) {
	if w.watch, err = drift.New(w.config); err != nil {
		return err
	}
	c := &w.committed
	w.next = c.next
	if !c.begun {
		return nil
	}
	for i := int(min(c.floor, int64(c.next))); i < c.next; i++ {
		if err := w.add(i); err != nil {
			return err
		}
		if err := w.watch.Judge(discard{}); err != nil {
			return err
		}
	}
	return w.watch.Restore(c.memory)
}

func (w *watcher) add(i int) error {
	var s schemas.Slice // cells are the watch's until they are judged
	if err := s.DecodeAvro(w.slices[i].AppendAvro(nil)); err != nil {
		return err
	}
	return w.watch.Add(&s, int64(i))
}

// step takes slices in up to `to`, judges, and commits unless it dies.
func (w *watcher) step(to int, dies bool) error {
	for ; w.next < to; w.next++ {
		if err := w.add(w.next); err != nil {
			return fmt.Errorf("WATCH: %w", err)
		}
	}
	var out judged
	if err := w.watch.Judge(&out); err != nil {
		return fmt.Errorf("WATCH: %w", err)
	}
	if dies {
		return w.begin()
	}
	w.windows, w.alarms = append(w.windows, out.windows...), append(w.alarms, out.alarms...)
	c := &w.committed
	c.memory, c.floor, c.next, c.begun = w.watch.Memory(), w.watch.Floor(), w.next, true
	return nil
}

func (w *watcher) settle() error { return w.step(len(w.slices), false) }

func (w *watcher) shake(dice *rand.Rand) error {
	if err := w.step(w.next+dice.IntN(len(w.slices)-w.next+1), dice.IntN(4) == 0); err != nil || dice.IntN(4) > 0 {
		return err
	}
	return w.begin()
}

// latest returns the last publication of each window of a name and segment.
func (w *watcher) latest(name, segment string) []schemas.Window {
	var found []schemas.Window
	type key struct {
		start   schemas.Instant
		version string
	}
	at := map[key]int{}
	for _, x := range w.windows {
		if x.Name != name || x.Segment != segment {
			continue
		}
		if i, ok := at[key{x.Start, x.Version}]; ok {
			found[i] = x
			continue
		}
		at[key{x.Start, x.Version}] = len(found)
		found = append(found, x)
	}
	return found
}

// judged keeps what a judgement publishes.
type judged struct {
	windows []schemas.Window
	alarms  []schemas.Alarm
}

// Window implements drift.Emitter.
func (j *judged) Window(w *schemas.Window) error {
	j.windows = append(j.windows, *w)
	return nil
}

// Alarm implements drift.Emitter.
func (j *judged) Alarm(a *schemas.Alarm) error {
	j.alarms = append(j.alarms, *a)
	return nil
}

// discard is the emitter of what was published before.
type discard struct{}

func (discard) Window(*schemas.Window) error { return nil }
func (discard) Alarm(*schemas.Alarm) error   { return nil }
