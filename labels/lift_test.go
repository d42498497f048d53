package labels

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hindsight/labels/store"
	"hindsight/schemas"
)

// A rebuild must see a lift for as long as a record may come that it raises,
// and for as long as one that it raised is in the state, though the settings
// of its time are long gone.
func TestRebuildSeesLifts(t *testing.T) {
	brief := Settings{From: schemas.Beginning, Tick: time.Minute, Conflict: Latest}
	long := Settings{From: 10 * minute, Tick: time.Minute, Horizon: time.Hour, Conflict: Latest}
	lift := Lift{Value: 20 * minute, Positions: []Position{{eventsTopic, 0, 0}}, Offset: 1}
	raised := schemas.Score{EventID: "raised", EventTime: 3 * minute, Arrival: 3 * minute, Model: "m"}
	later := schemas.Score{EventID: "later", EventTime: 25 * minute, Arrival: 25 * minute, SourceOffset: 1, Model: "m"}
	h := &history{
		scores:    []schemas.Score{raised, later},
		rerouted:  []any{brief, lift, long},
		settings:  []chapter{{Settings: brief}, {Settings: long, Offset: 2}},
		lifts:     []Lift{lift},
		effective: map[Position]schemas.Instant{{eventsTopic, 0, 0}: 20 * minute, {eventsTopic, 0, 1}: 25 * minute},
	}
	p := newReplay(t, rand.New(rand.NewPCG(1, 2)), h, store.NewMemory())
	steps := []func(b store.Batch){
		func(b store.Batch) { p.addRerouted(b, 0); p.addRerouted(b, 1) },
		func(b store.Batch) { p.closeAt(b, 10*minute); p.addRerouted(b, 2) },
		func(b store.Batch) { p.closeAt(b, 11*minute) },
		func(b store.Batch) { p.addScore(b, 0) },
		func(b store.Batch) { p.closeAt(b, 21*minute) },
		func(b store.Batch) { p.addScore(b, 1) },
		func(b store.Batch) { p.closeAt(b, 62*minute) },
		func(b store.Batch) { p.closeAt(b, 64*minute) },
	}
	for _, step := range steps {
		b := p.store.Begin()
		step(b)
		p.commit(b)
		t.Log(p.committed.status.Floors)
		p.recover(store.NewMemory(), p.rebuild)
	}
	if n := len(p.join.lifts); n != 0 {
		t.Errorf("%d sources are still lifted", n)
	}
	if o := p.outcomes; len(o) != 1 || o[0].EventID != "raised" || o[0].Tick != 63*minute {
		t.Errorf("outcomes %+v", o)
	}
}

func (p *replay) closeAt(b store.Batch, gate schemas.Instant) {
	p.t.Helper()
	_, err := p.join.Close(b, gate, p)
	p.must(err)
}

// Lifts agree with a list that forgets nothing.
func TestLifts(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	s := source{"events", 1}
	for range 300 {
		l, all, clock := lifts{}, []step(nil), schemas.Instant(0)
		for offset := range int64(40) {
			if r.IntN(3) == 0 {
				n := step{offset + r.Int64N(3), clock + schemas.Instant(r.Int64N(30)-5), offset}
				all = append(all, n)
				for range 1 + r.IntN(2) { // twice is harmless
					l.add(s, n)
				}
			}
			clock += schemas.Instant(r.Int64N(6))
			want := clock
			for _, x := range all {
				if x.position <= offset {
					want = max(want, x.value)
				}
			}
			if got, _ := l.raise(s, offset, clock); got != want {
				t.Fatalf("offset %d arrives at %d, want %d: %+v of %+v", offset, got, want, l[s], all)
			}
			l.passed(s, clock)
		}
		l.passed(s, 1<<40)
		if diff := cmp.Diff(lifts{}, l); diff != "" {
			t.Fatal("lifts are left that nothing needs:", diff)
		}
	}
}
