package labels

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hindsight/labels/store"
	"hindsight/schemas"
)

// stormSettings log the policy under test.
func stormSettings(p Policy) Settings {
	s := testSettings
	s.Horizon, s.Grace, s.Early, s.Conflict = 10*time.Minute, 5*time.Minute, 10*time.Minute, p
	return s
}

// A storm of labels for one event, of five sources: before the score, with
// equal stamps, repeated, corrected, within the grace and after it. All 120
// orders of reading them, under each policy, with the score read first or
// last, publish the same outcomes and slices (streaming.md scenario 24).
func TestEveryOrderOfFiveLabels(t *testing.T) {
	label := func(source int, truth string, at, arrival schemas.Instant) Label {
		return Label{EventID: "a", Truth: truth, LabelTime: at, Arrival: arrival, Topic: "labels", Partition: int32(source), Offset: 7}
	}
	storm := []Label{
		label(0, "1", 19*minute, 19*minute),      // before the score
		label(2, "0", 21*minute, 24*minute),      // a correction
		label(3, "2", 21*minute, 24*minute),      // at the same time
		label(4, "2", 20*minute+30, 34*minute),   // within the grace
		label(5, "0", 20*minute+30, 35*minute+1), // too late
	}
	fates := map[schemas.Fate]int{}
	for _, policy := range []Policy{Latest, First, Majority} {
		var first *collector
		permute(storm, func(order []Label) {
			for _, scoreLast := range []bool{false, true} {
				got := readStorm(t, policy, order, scoreLast)
				if first == nil {
					first = got
					for _, o := range got.outcomes {
						fates[o.Fate]++
					}
				}
				if diff := cmp.Diff(first, got, cmp.AllowUnexported(collector{})); diff != "" {
					t.Fatalf("%s, order %v:\n%s", policy, order, diff)
				}
			}
		})
	}
	for _, f := range []schemas.Fate{schemas.Used, schemas.Revision, schemas.Conflict, schemas.TooLate} {
		if fates[f] == 0 {
			t.Errorf("no label has fate %d: %v", f, fates)
		}
	}
}

func readStorm(t *testing.T, policy Policy, order []Label, scoreLast bool) *collector {
	t.Helper()
	s := store.NewMemory()
	j, err := Open(1, 4, s, testConfig)
	if err != nil {
		t.Fatal(err)
	}
	b := s.Begin()
	if err := j.AddSettings(b, stormSettings(policy), 0); err != nil {
		t.Fatal(err)
	}
	score := schemas.Score{EventID: "a", EventTime: 20 * minute, Arrival: 20 * minute, Model: "m", Version: "1", Prediction: "1"}
	if !scoreLast {
		if err := j.AddScore(b, &score, 0); err != nil {
			t.Fatal(err)
		}
	}
	for i, l := range order {
		l.Rerouted = int64(i + 1)
		if err := j.AddLabel(b, &l); err != nil {
			t.Fatal(err)
		}
	}
	if scoreLast {
		if err := j.AddScore(b, &score, 0); err != nil {
			t.Fatal(err)
		}
	}
	var out collector
	for gate := 18 * minute; gate < 80*minute; gate += 3 * minute {
		if _, err := j.Close(b, gate, &out); err != nil {
			t.Fatal(err)
		}
	}
	return &out
}

// permute calls visit with every order of x.
func permute(x []Label, visit func([]Label)) {
	var from func(int)
	from = func(k int) {
		if k == len(x) {
			visit(x)
			return
		}
		for i := k; i < len(x); i++ {
			x[k], x[i] = x[i], x[k]
			from(k + 1)
			x[k], x[i] = x[i], x[k]
		}
	}
	from(0)
}

// A label that comes at once, or up to 21 days after its event, out of order
// or before its event, finds it by the horizon of 21 days; a microsecond past
// the grace it is too late (reliability.md row 14).
func TestLabelsFromAtOnceTo21Days(t *testing.T) {
	const day = schemas.Instant(24*60) * minute
	settings := testSettings
	settings.Horizon, settings.Grace, settings.Early = 21*24*time.Hour, time.Hour, 24*time.Hour
	delays := []schemas.Instant{-day / 2, -1, 0, 1, minute, day, 7 * day, 21 * day, 21*day + 60*minute, 21*day + 60*minute + 1}
	s := store.NewMemory()
	j, err := Open(1, 4, s, testConfig)
	if err != nil {
		t.Fatal(err)
	}
	b := s.Begin()
	if err := j.AddSettings(b, settings, 0); err != nil {
		t.Fatal(err)
	}
	for i, delay := range delays {
		at := day + schemas.Instant(i)*7*minute + 1 // a deadline that is a tick belongs to the tick before it
		score := schemas.Score{EventID: fmt.Sprint(i), EventTime: at, Arrival: at, SourceOffset: int64(i), Model: "m", Version: "1", Prediction: "1"}
		if err := j.AddScore(b, &score, int64(i)); err != nil {
			t.Fatal(err)
		}
		k := len(delays) - 1 - i // in another order than their events
		at, delay = day+schemas.Instant(k)*7*minute+1, delays[k]
		l := Label{EventID: fmt.Sprint(k), Truth: "1", LabelTime: at + delay, Arrival: at + delay, Topic: "labels", Partition: 1, Offset: int64(i), Rerouted: -1}
		if err := j.AddLabel(b, &l); err != nil {
			t.Fatal(err)
		}
	}
	var out collector
	for gate := day / 4; gate < 60*day; gate += day / 4 {
		if _, err := j.Close(b, gate, &out); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]schemas.Fate{}
	for _, o := range out.outcomes {
		if o.Fate != schemas.NoFate {
			got[o.EventID] = o.Fate
		}
	}
	for i := range delays {
		want := schemas.Used
		if i == len(delays)-1 {
			want = schemas.TooLate
		}
		if got[fmt.Sprint(i)] != want {
			t.Errorf("delay %v: fate %d, want %d", time.Duration(delays[i])*time.Microsecond, got[fmt.Sprint(i)], want)
		}
	}
}

// Labels ×1 to ×100 for one event are each counted, and one truth stands
// (reliability.md row 15). A flood of labels for unknown ids is counted as
// orphans, and nothing of it stays in the state (row 16, the pure part).
func TestFloodOfLabels(t *testing.T) {
	s := store.NewMemory()
	j, err := Open(1, 4, s, testConfig)
	if err != nil {
		t.Fatal(err)
	}
	b := s.Begin()
	if err := j.AddSettings(b, stormSettings(Latest), 0); err != nil {
		t.Fatal(err)
	}
	score := schemas.Score{EventID: "a", EventTime: 20 * minute, Arrival: 20 * minute, Model: "m", Version: "1", Prediction: "1"}
	if err := j.AddScore(b, &score, 0); err != nil {
		t.Fatal(err)
	}
	const known, unknown = 100, 3000
	for i := range int64(known + unknown) {
		l := Label{EventID: "a", Truth: fmt.Sprint(i % 2), LabelTime: 20*minute + schemas.Instant(i), Arrival: 21*minute + schemas.Instant(i), Topic: "labels", Partition: 1, Offset: i, Rerouted: -1}
		if i >= known {
			l.EventID = fmt.Sprint("unknown ", i)
		}
		if err := j.AddLabel(b, &l); err != nil {
			t.Fatal(err)
		}
	}
	var out collector
	if _, err := j.Close(b, 22*minute, &out); err != nil {
		t.Fatal(err)
	}
	if w := j.Status().Ledger.Waiting; w != unknown {
		t.Fatalf("%d labels wait, want %d", w, unknown)
	}
	if _, err := j.Close(b, 80*minute, &out); err != nil {
		t.Fatal(err)
	}
	save(t, j, b)
	l := j.Status().Ledger
	if l.Used != 1 || l.Revision != known-1 || l.Orphan != unknown || l.Waiting != 0 {
		t.Errorf("ledger %+v", l)
	}
	keys := 0
	if err := s.Scan([]byte{0}, []byte{255}, func(key, _ []byte) (bool, error) {
		if key[kindAt] != metaKey {
			keys++
		}
		return true, nil
	}); err != nil {
		t.Fatal(err)
	}
	if keys != 0 {
		t.Errorf("%d keys are left of the flood", keys)
	}
}
