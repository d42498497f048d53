package drift

import (
	"fmt"
	"slices"

	"hindsight/drift/alarm"
	"hindsight/schemas"
)

// Memory is what a restart needs beside the slices from Floor on.
func (w *Watch) Memory() schemas.WatchState {
	state := schemas.WatchState{Model: w.config.Model, Judged: w.judged}
	type remembered struct {
		stepper
		memory schemas.AlarmMemory
	}
	var all []remembered
	for _, c := range w.calendars {
		for _, t := range c.tracks {
			for _, g := range t.guards {
				if g.memory.State != schemas.Unknown || g.memory.ID != "" {
					all = append(all, remembered{stepper{rule: g.rule, key: t.trackKey}, g.memory})
				}
			}
		}
	}
	for _, l := range w.listeners {
		all = append(all, remembered{stepper{rule: l.rule, key: trackKey{segment: l.segment}}, l.memory})
	}
	slices.SortFunc(all, func(a, b remembered) int { return a.compare(b.stepper) })
	for _, r := range all {
		state.Alarms = append(state.Alarms, r.memory)
	}
	state.Alarms = append(state.Alarms, w.unclaimed...)
	return state
}

// Restore ends the refolding of a watcher: after it was given the slices from
// Floor up to the last one that the state knew of, with Judge called as often
// as one likes and its output discarded, it goes on from the state as if it had
// never stopped. A firing or pending alarm of a rule that is no longer
// configured is withdrawn at the next instant.
func (w *Watch) Restore(state schemas.WatchState) error {
	if state.Model != w.config.Model {
		return fmt.Errorf("watch state of model %q: this watcher is for %q", state.Model, w.config.Model)
	}
	if w.judged > state.Judged {
		return fmt.Errorf("watch state of model %q was judged up to %v, but the slices replayed reach %v: replay only what was committed with the state",
			state.Model, state.Judged, w.judged)
	}
	w.intake.raise(state.Judged)
	if err := w.judgeTo(state.Judged.Floor(w.config.Tick), discard{}); err != nil {
		return err
	}
	w.judged = state.Judged
	w.reset()
	for _, memory := range state.Alarms {
		w.recall(memory)
	}
	w.settle()
	return nil
}

// reset puts every rule back to where it knows nothing.
func (w *Watch) reset() {
	w.unclaimed = nil
	clear(w.listeners)
	for _, c := range w.calendars {
		for _, t := range c.tracks {
			for _, g := range t.guards {
				g.memory = g.rule.Begin(t.version, t.segment)
			}
		}
	}
}

// recall gives a memory back to its rule, or keeps it to be withdrawn.
func (w *Watch) recall(memory schemas.AlarmMemory) {
	for _, c := range w.calendars {
		for _, r := range c.rules {
			if r.Name != memory.Name || !r.Covers(memory.Segment) {
				continue
			}
			for _, g := range c.trackOf(memory.Version, memory.Segment).guards {
				if g.rule == r {
					g.memory = memory
					return
				}
			}
		}
	}
	for _, r := range w.rules {
		if r.Feed == alarm.Silent && r.Name == memory.Name && memory.Version == "" && r.Covers(memory.Segment) {
			w.listenerOf(r, memory.Segment).memory = memory
			return
		}
	}
	w.unclaimed = append(w.unclaimed, memory)
}

// settle finds again when each rule is to be looked at next.
func (w *Watch) settle() {
	for _, c := range w.calendars {
		for _, t := range c.tracks {
			for _, g := range t.guards {
				_, gone := g.judge(w.judged)
				g.wait(gone, w.judged)
			}
			t.cool()
		}
	}
	w.forget()
}

// discard is the emitter of a refold.
type discard struct{}

func (discard) Window(*schemas.Window) error { return nil }
func (discard) Alarm(*schemas.Alarm) error   { return nil }
