package app

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"hindsight/app/telemetry"
	"hindsight/schemas"
)

// core runs cases and counts what they met.
type core struct {
	metrics *telemetry.Metrics
	met     *coreMet
}

func newCore() *core { return &core{telemetry.New(prometheus.NewRegistry()), newCoreMet()} }

// run runs one schedule of a case and judges it by the references.
func (k *core) run(c *coreCase, schedule uint64) (r *coreResult, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	w, err := newCoreWorld(context.Background(), c, schedule, k.metrics, k.met)
	if err != nil {
		return nil, err
	}
	if err := w.run(); err != nil {
		return nil, err
	}
	k.met.histories++
	return w.check()
}

// judge runs a case; where nothing but its inputs decides, a second schedule
// must publish the same, in the same order.
func (k *core) judge(c *coreCase, schedules uint64) error {
	var first *coreResult
	for schedule := range schedules {
		r, err := k.run(c, schedule)
		if err != nil {
			return fmt.Errorf("schedule %d: %w", schedule, err)
		}
		if len(c.Horizons) > 1 || c.Idle {
			continue // when settings change and which lifts there are is up to the schedule
		}
		if first == nil {
			first = r
		}
		k.met.twins++
		for p := range r.Outcomes { // where they lie on scores and labels-rerouted is, too
			first.forget(p)
			r.forget(p)
		}
		if diff := difference(first, r); diff != "" {
			return fmt.Errorf("schedule %d differs from schedule 0:\n%s", schedule, diff)
		}
	}
	return nil
}

// forget takes away what depends on the order in which partitions of events were scored.
func (r *coreResult) forget(p int32) {
	for i := range r.Outcomes[p] {
		r.Outcomes[p][i].ScoreOffset = 0
	}
}

// fails reports how a case fails, "" where it does not: the runs of its schedules.
func (k *core) fails(c *coreCase) error { return k.judge(c, 3) }

// shrink takes inputs away while the case still fails.
func (k *core) shrink(c *coreCase, failure error) (*coreCase, error) {
	for size := len(c.Inputs) / 2; size > 0; size /= 2 {
		for at := 0; at+size <= len(c.Inputs); {
			smaller := *c
			smaller.Inputs = slices.Delete(slices.Clone(c.Inputs), at, at+size)
			if err := k.fails(&smaller); err != nil {
				c, failure = &smaller, err
			} else {
				at += size
			}
		}
	}
	return c, failure
}

// Any history of inputs, any interleaving, batching, crash, abort, handover and
// lost or stale disk: outcomes, fates, slices, windows and alarms are those of
// a dull reference at each closed tick, published once and in order. It covers,
// simulated from labels to alarms: labels 0 to many horizons late, out of order
// and before their event; repeated, corrected and conflicting labels; restarts
// of WATCH that neither repeat nor forget an alarm; idle partitions, a feed
// that stalls and comes back; stamps of 1970, 2106 and in the wrong unit; a
// wall clock that steps by an hour; settings that change midway.
// (reliability.md rows 14, 15, 17; streaming.md scenarios 21 to 24; I1 to I8, I11.)
func TestCoreAgainstReference(t *testing.T) {
	histories := uint64(3000)
	if testing.Short() || raceEnabled {
		histories = 1000
	}
	k := newCore()
	for seed := range histories {
		d := newDice(seed, 0)
		c := newCoreCase(d, seed, 1+d.n(20)*(1+d.n(2)))
		if err := k.judge(c, 1+seed%8/7); err != nil {
			c, err = k.shrink(c, err)
			t.Fatalf("seed %d, smallest case: %v\n%v", seed, err, c)
		}
	}
	t.Logf("%+v", *k.met)
	k.met.mustBeRich(t, int(histories/100))
}

// mustBeRich fails where the runs met too little of what they are about.
func (m *coreMet) mustBeRich(t *testing.T, least int) {
	t.Helper()
	for name, n := range map[string]int{
		"retractions": m.retractions, "lifts": m.lifts, "records that a lift raised": m.lifted, "changes of settings": m.settings,
		"clocks seen before their records": m.early, "steps of the wall clock": m.jumps, "crashes": m.crashes,
		"crashes between commit and apply": m.unapplied, "aborts": m.aborts, "states caught up": m.caughtUp, "states rebuilt": m.rebuilt,
		"of them not from the beginning": m.rebuiltShort, "handovers": m.handovers, "restarts of WATCH": m.watchRestarts,
		"of them with open windows": m.refolded, "withdrawn alarms": m.withdrawn, "final windows": m.finals,
		"dead letters": m.deadLetters, "panics": m.panics, "sources that came at the end": m.backlogs, "twin schedules": m.twins,
		"repeated scores": m.outcomes[schemas.Repeated], "assumed": m.outcomes[schemas.Assumed], "unlabelled": m.outcomes[schemas.Unlabelled],
		"used": m.fates[schemas.Used], "same again": m.fates[schemas.SameAgain], "revisions": m.fates[schemas.Revision],
		"conflicts": m.fates[schemas.Conflict], "orphans": m.fates[schemas.Orphan], "too late": m.fates[schemas.TooLate],
		"alarms pending": m.alarms[schemas.Pending], "alarms firing": m.alarms[schemas.Firing], "alarms resolved": m.alarms[schemas.Resolved],
		"alarms that lost sight": m.alarms[schemas.Unknown],
	} {
		if n < least {
			t.Errorf("%s: %d, want %d at least", name, n, least)
		}
	}
	if missing := m.feeds(); len(missing) > 0 {
		t.Errorf("the rules on the label feed never showed %v: %v", missing, m.feed)
	}
	if m.midTick == 0 {
		t.Error("no crash amid a tick")
	}
}

// FuzzCore lets the fuzzer choose the inputs and every step of the schedule.
func FuzzCore(f *testing.F) {
	f.Add([]byte{}, uint64(1))
	f.Add([]byte("one event, two labels and a crash between"), uint64(2))
	k := newCore()
	f.Fuzz(func(t *testing.T, steps []byte, seed uint64) {
		d := newDice(seed, 0)
		d.bytes = steps
		c := newCoreCase(d, seed, 1+d.n(20))
		c.Steps = d.bytes
		if _, err := k.run(c, 0); err != nil {
			t.Fatalf("%v\n%v", err, c)
		}
	})
}
