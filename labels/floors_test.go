package labels

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"hindsight/schemas"
)

// held is one record, what is known when it is added, and how long it is needed.
type held struct {
	score, label, rerouted, outcomes int64 // nothing where it is not of that topic
	until                            schemas.Instant
}

// Floors hold for every record that is needed, however coarse, and rise once
// nothing is: against a list of all records.
func TestFloors(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	settings := Settings{Tick: time.Minute, Horizon: 20 * time.Minute, Grace: 4 * time.Minute, Early: 40 * time.Minute}
	var n needs
	var next Offsets
	var all []held
	for closed := schemas.Instant(0); closed < 1000*minute; closed += minute {
		for range r.IntN(8) {
			x := held{nothing, nothing, nothing, next.Outcomes, closed + schemas.Instant(r.Int64N(int64(60*minute)))}
			if r.IntN(50) == 0 {
				x.until += 1_000_000 * minute // a clock that was far off must not make all others coarse
				if r.IntN(2) == 0 {
					x.until = closed
				}
			}
			switch r.IntN(3) {
			case 0:
				x.score, next.Scores = next.Scores, next.Scores+1
			case 1:
				x.label, next.Labels = next.Labels, next.Labels+1
			case 2:
				x.rerouted, next.Rerouted = next.Rerouted, next.Rerouted+1
			}
			if closed > 500*minute {
				x.until = min(x.until, closed+60*minute)
			}
			n.until(x.until, quantum(&settings), x.score, x.label, x.rerouted)
			all = append(all, x)
		}
		next.Outcomes += r.Int64N(5)
		if closed == 500*minute { // from here on nothing far off is held
			n.Spans, all = nil, nil
		}
		n.prune(closed)
		n.mark(closed, next, n.floors(next, nothing), quantum(&settings))
		checkNeeds(t, &n, next, all, closed)
	}
	n.prune(2000 * minute)
	if f := n.floors(next, nothing); f.Scores != next.Scores || f.Labels != next.Labels || f.Rerouted != next.Rerouted || f.Outcomes < next.Outcomes/2 {
		t.Errorf("nothing is needed, but the floors are %+v of %+v", f, next)
	}
}

func checkNeeds(t *testing.T, n *needs, next Offsets, all []held, closed schemas.Instant) {
	t.Helper()
	f := n.floors(next, nothing)
	low, lowCoarse := span{Scores: next.Scores}, span{Scores: next.Scores}
	for _, x := range all {
		if x.until >= closed {
			low.Scores = min(low.Scores, x.score)
			if x.score < f.Scores || x.label < f.Labels || x.rerouted < f.Rerouted {
				t.Fatalf("closed %v: floors %+v are past %+v", closed, f, x)
			}
		}
		if x.until >= closed-10*minute {
			lowCoarse.Scores = min(lowCoarse.Scores, x.score)
		}
		needed := x.score != nothing && x.score >= f.Scores || x.label != nothing && x.label >= f.Labels || x.rerouted != nothing && x.rerouted >= f.Rerouted
		if needed && x.outcomes < f.Outcomes {
			t.Fatalf("closed %v: fates may stand before the floors %+v: %+v", closed, f, x)
		}
	}
	if f.Scores < lowCoarse.Scores && closed > 500*minute {
		t.Fatalf("closed %v: the floor of scores is %d, needed is %d, lately %d", closed, f.Scores, low.Scores, lowCoarse.Scores)
	}
	if len(n.Spans) > maxSpans || len(n.Marks) > maxMarks {
		t.Fatalf("%d spans, %d marks", len(n.Spans), len(n.Marks))
	}
}

func TestFloorsOfNothing(t *testing.T) {
	var n needs
	next := Offsets{Scores: 5, Labels: 6, Rerouted: 7, Outcomes: 8}
	if got, want := n.floors(next, math.MaxInt64), (Floors{Scores: 5, Labels: 6, Rerouted: 7}); got != want {
		t.Errorf("floors %+v, want %+v", got, want)
	}
	if got := n.floors(next, 3).Rerouted; got != 3 {
		t.Errorf("a lift at 3 is needed, the floor is %d", got)
	}
}
