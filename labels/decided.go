package labels

import (
	"cmp"
	"slices"

	"hindsight/schemas"
)

// Decided is what outcomes tell a rebuild, which does not see every record that
// decided about those it does see. A nil one knows nothing. It takes about 8
// bytes for each label that has a fate.
type Decided struct {
	labels   map[source]*fateList
	repeated *fateList // offsets in scores
	floor    int64     // of scores
}

// gone is the fate of a label that left nothing in the state.
const gone = 0

// fateList is what became of records of one source. Offsets are kept as distances
// from the first one; the few that are too far away for that are kept beside.
type fateList struct {
	base   int64
	list   []fate // sorted once something was asked
	sorted bool
	far    map[int64]int64
}

// fate is gone, or 1 + the distance of the score that a label met from the floor.
type fate struct{ at, score uint32 }

const middle = 1 << 31 // where the base stands among the distances

// NewDecided returns one to Add the outcomes to, for a rebuild from the floors.
func NewDecided(floors Floors) *Decided {
	return &Decided{labels: map[source]*fateList{}, repeated: &fateList{}, floor: floors.Scores}
}

// Add takes note of one outcome. They may come in any order.
func (d *Decided) Add(o *schemas.Outcome) {
	if o.Kind == schemas.Repeated && o.ScoreOffset >= d.floor {
		d.repeated.add(o.ScoreOffset, gone)
	}
	if o.Fate == schemas.NoFate {
		return
	}
	score := o.ScoreOffset - d.floor + 1
	if o.ScorePartition < 0 || score <= 0 || o.Fate == schemas.Orphan || o.Fate == schemas.TooLate {
		score = gone
	}
	from := source{o.LabelTopic, o.LabelPartition}
	if d.labels[from] == nil {
		d.labels[from] = &fateList{}
	}
	d.labels[from].add(o.LabelOffset, score)
}

func (f *fateList) add(offset, score int64) {
	if f.list == nil && f.far == nil {
		f.base = offset - middle
	}
	at := offset - f.base
	if uint64(at) >= 2*middle || score >= 2*middle {
		if f.far == nil {
			f.far = map[int64]int64{}
		}
		f.far[offset] = score
		return
	}
	f.list, f.sorted = append(f.list, fate{uint32(at), uint32(score)}), false
}

func (f *fateList) of(offset int64) (score int64, ok bool) {
	if f == nil {
		return 0, false
	}
	if score, ok = f.far[offset]; ok {
		return score, true
	}
	at := offset - f.base
	if uint64(at) >= 2*middle {
		return 0, false
	}
	if !f.sorted {
		slices.SortFunc(f.list, func(x, y fate) int { return cmp.Compare(x.at, y.at) })
		f.sorted = true
	}
	i, ok := slices.BinarySearchFunc(f.list, uint32(at), func(x fate, at uint32) int { return cmp.Compare(x.at, at) })
	if !ok {
		return 0, false
	}
	return int64(f.list[i].score), true
}

// repeats reports whether a score is known to repeat an earlier one.
func (d *Decided) repeats(offset int64) bool {
	if d == nil {
		return false
	}
	_, ok := d.repeated.of(offset)
	return ok
}

func (d *Decided) of(w *waits) (score int64, ok bool) {
	if d == nil {
		return 0, false
	}
	return d.labels[source{w.Topic, w.Partition}].of(w.Offset)
}

// knows reports whether the fate of a label is known.
func (d *Decided) knows(w *waits) bool {
	_, ok := d.of(w)
	return ok
}

// gone reports whether a label left nothing in the state: it had no score or
// came too late, or the rebuild begins after its score.
func (d *Decided) gone(w *waits) bool {
	score, ok := d.of(w)
	return ok && score == gone
}

// elsewhere reports whether a label is known to belong to another score.
func (d *Decided) elsewhere(w *waits, score int64) bool {
	met, ok := d.of(w)
	return ok && met != score-d.floor+1
}
