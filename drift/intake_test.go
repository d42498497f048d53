package drift

import (
	"math"
	"strings"
	"testing"
	"time"

	"hindsight/schemas"
)

func minute(n int) schemas.Instant { return epoch.Add(time.Duration(n) * time.Minute) }

func tumbling() Config {
	return Config{Model: "m", Tick: time.Minute, Horizon: 10 * time.Minute, Grace: 5 * time.Minute, Metrics: []string{"accuracy"},
		Windows: []WindowSpec{{Name: "ten", Size: 10 * time.Minute, Clock: schemas.EventClock}}}
}

// scored is a cell of n scores at the minute, of which some are labelled right and some wrong.
func scored(at int, n, right, wrong int64) schemas.Cell {
	cell := schemas.Cell{Clock: schemas.EventClock, Start: minute(at), Width: time.Minute, Version: "1", Role: "champion"}
	cell.Scored = n
	cell.Pairs = []schemas.Pair{{Truth: "a", Prediction: "a", N: right}, {Truth: "a", Prediction: "b", N: wrong}}
	return cell
}

func tick(partition, of int32, tick int, cells ...schemas.Cell) *schemas.Slice {
	return &schemas.Slice{Model: "m", Partition: partition, Partitions: of, Tick: minute(tick), Cells: cells}
}

func part(s *schemas.Slice, n int32, more bool) *schemas.Slice {
	s.Part, s.More = n, more
	return s
}

func TestSlicesThatCannotBeTrusted(t *testing.T) {
	wild := scored(1, 1, 1, 0)
	wild.Histogram = []schemas.HistogramBin{{Bin: schemas.HistogramBins, N: 1}}
	other := tick(0, 1, 3)
	other.Model = "n"
	tests := []struct {
		name   string
		before []*schemas.Slice
		slice  *schemas.Slice
		want   string
	}{
		{"of another model", nil, other, `slice of model "n"`},
		{"of a partition that is not there", nil, tick(2, 2, 1), "partition 2 of 2"},
		{"of no partitions", nil, tick(0, 0, 1), "partition 0 of 0"},
		{"after repartitioning", []*schemas.Slice{tick(0, 1, 1)}, tick(0, 2, 2), "counts 2 partitions of scores where there were 1"},
		{"a bin that is not there", nil, tick(0, 1, 1, wild), "histogram bin 1024"},
		{"a part is missing", []*schemas.Slice{part(tick(0, 1, 1), 0, true)}, part(tick(0, 1, 1), 2, false), "part 2 came where part 1 was due"},
		{"a first part is missing", []*schemas.Slice{tick(0, 1, 1)}, part(tick(0, 1, 2), 1, false), "part 1 came where part 0 was due"},
		{"a last part is missing", []*schemas.Slice{part(tick(0, 1, 1), 0, true)}, tick(0, 1, 2), "comes before part 1 of tick"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := mustWatch(t, tumbling())
			for i, s := range test.before {
				mustAdd(t, w, s, int64(i))
			}
			floor := w.Floor()
			if err := w.Add(test.slice, 9); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v does not say %q", err, test.want)
			}
			if w.Floor() != floor {
				t.Errorf("the floor moved from %d to %d", floor, w.Floor())
			}
		})
	}
}

func TestNothingIsJudgedBeforeAllHaveClosedIt(t *testing.T) {
	w, out := mustWatch(t, tumbling()), &collector{}
	steps := []struct {
		slice *schemas.Slice
		want  schemas.Instant
		live  int
	}{
		{tick(0, 2, 12, scored(1, 1, 1, 0)), schemas.Beginning, 0},
		{part(tick(1, 2, 5, scored(2, 1, 1, 0)), 0, true), schemas.Beginning, 0},
		{part(tick(1, 2, 5, scored(3, 1, 1, 0)), 1, false), minute(5), 1},
		{tick(0, 2, 12, scored(1, 1, 1, 0)), minute(5), 1}, // again
		{tick(1, 2, 40), minute(12), 1},
		{tick(0, 2, 30), minute(30), 1},
		{tick(0, 2, 60), minute(40), 0},
	}
	for i, step := range steps {
		mustAdd(t, w, step.slice, int64(i))
		mustJudge(t, w, out)
		if w.Judged() != step.want || w.Live() != step.live {
			t.Fatalf("step %d: judged %v with %d live, want %v with %d", i, w.Judged(), w.Live(), step.want, step.live)
		}
	}
	last := out.windows[len(out.windows)-1]
	if last.State != schemas.Final || last.Scored != 3 || last.Labelled != 3 || last.At != minute(25) {
		t.Errorf("final window %+v", last)
	}
	// All that is left is that partition 0 has closed more than partition 1.
	if w.Floor() != 6 {
		t.Errorf("floor %d", w.Floor())
	}
}

// A tick that is only half there, or that waits for another partition, must be
// read again by the next watcher, from its first part on.
func TestFloorHoldsWhatIsNotJudged(t *testing.T) {
	const none = math.MaxInt64
	w := mustWatch(t, tumbling())
	if w.Floor() != none {
		t.Errorf("a watcher that has seen nothing has floor %d", w.Floor())
	}
	steps := []struct {
		slice *schemas.Slice
		want  int64
	}{
		{tick(0, 2, 5), 0},
		{tick(1, 2, 5), none},
		{part(tick(0, 2, 6), 0, true), 2},
		{part(tick(0, 2, 6), 1, true), 2},
		{tick(1, 2, 9), 2},
		{part(tick(0, 2, 6), 2, false), 4}, // partition 1 is ahead
		{tick(1, 2, 10), 6},                // says all that its slice before said
		{tick(0, 2, 10, scored(1, 1, 1, 0)), 7},
		{tick(0, 2, 25), 7},
		{tick(1, 2, 25), 7}, // settled, and still looked back to
		{tick(0, 2, 39), 7},
		{tick(1, 2, 39), 7}, // out of reach, and still learnt from
		{tick(0, 2, 40), 7},
		{tick(1, 2, 40), none},
	}
	for i, step := range steps {
		mustAdd(t, w, step.slice, int64(i))
		mustJudge(t, w, discard{})
		if w.Floor() != step.want {
			t.Fatalf("step %d: floor %d, want %d", i, w.Floor(), step.want)
		}
	}
}

// The slice in which a partition closed the judged instant may lie before the
// floor. The state knows of it, so that it is not taken for new when it comes again.
func TestRestoreKnowsWhatWasClosed(t *testing.T) {
	config := tumbling()
	old := mustWatch(t, config)
	log := []*schemas.Slice{tick(0, 2, 40, scored(1, 1, 1, 0)), tick(1, 2, 40, scored(38, 1, 1, 0))}
	feed(t, old, discard{}, log...)
	w := mustWatch(t, config)
	for offset := old.Floor(); offset < int64(len(log)); offset++ {
		mustAdd(t, w, log[offset], offset)
	}
	if err := w.Restore(old.Memory()); err != nil {
		t.Fatal(err)
	}
	if w.Judged() != minute(40) || w.Live() != 1 || old.Floor() != 1 || w.Floor() != 1 {
		t.Fatalf("judged %v, %d live, floors %d and %d", w.Judged(), w.Live(), old.Floor(), w.Floor())
	}
	mustAdd(t, w, log[0], 2) // again
	mustAdd(t, w, tick(1, 2, 41), 3)
	mustAdd(t, w, tick(0, 2, 42), 4)
	mustJudge(t, w, discard{})
	if w.Judged() != minute(41) || w.Lost()[0].Late != 0 {
		t.Errorf("judged %v, lost %+v", w.Judged(), w.Lost())
	}
}

// A tick that spans several commits holds a cell several times, and where it
// was cut is chance: what cancels out between two parts touches no window.
func TestWhereATickIsCutIsNotSeen(t *testing.T) {
	cell := func(n int64) schemas.Cell {
		return schemas.Cell{Clock: schemas.EventClock, Start: epoch, Width: time.Minute, Version: "1",
			Sums: schemas.Sums{Scored: n, Pairs: []schemas.Pair{{Truth: "1", Prediction: "1", N: n}}}}
	}
	config := Config{Model: "m", Tick: time.Minute, Windows: []WindowSpec{{Name: "four", Size: 4 * time.Minute}}, Metrics: []string{"accuracy"}}
	run := func(second ...[]schemas.Cell) []string {
		watch, out := mustWatch(t, config), &collector{}
		offset := int64(0)
		add := func(tick schemas.Instant, parts ...[]schemas.Cell) {
			for i, cells := range parts {
				mustAdd(t, watch, &schemas.Slice{Model: "m", Partitions: 1, Tick: tick, Part: int32(i), More: i+1 < len(parts), Cells: cells}, offset)
				offset++
			}
			mustJudge(t, watch, out)
		}
		add(epoch.Add(time.Minute), []schemas.Cell{cell(2)})
		add(epoch.Add(2*time.Minute), second...)
		return out.lines
	}
	same(t, "two parts that cancel out", run([]schemas.Cell{cell(1)}, []schemas.Cell{cell(-1)}), run([]schemas.Cell{}))
	same(t, "two parts", run([]schemas.Cell{cell(1)}, []schemas.Cell{cell(3)}), run([]schemas.Cell{cell(4)}))
}
