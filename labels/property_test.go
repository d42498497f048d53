package labels

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hindsight/labels/store"
	"hindsight/schemas"
)

// Whatever the order of reading, the batches, the aborts and the gates: the
// same records give the same outcomes in the same order, those of the
// reference, and the same sums.
func TestAnyInterleaving(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			h := newHistory(rand.New(rand.NewPCG(seed, 0)), 150)
			end := h.end()
			if seed%2 == 0 {
				end -= 110 * minute // in the middle of it
			}
			ref := newReference(h, end)
			var first *replay
			for order := range uint64(3) {
				p := newReplay(t, rand.New(rand.NewPCG(seed, 1+order)), h, store.NewMemory())
				p.run(end, nil)
				p.compare(ref)
				if first == nil {
					first = p
				}
				if diff := cmp.Diff(first.outcomes, p.outcomes, cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("order %d: outcomes differ from the first order:\n%s", order, diff)
				}
			}
		})
	}
}

// What holds in memory holds on Pebble.
func TestAnyInterleavingOnDisk(t *testing.T) {
	for seed := range uint64(3) {
		s, err := store.OpenPebble(t.TempDir(), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		h := newHistory(rand.New(rand.NewPCG(seed, 20)), 150)
		p := newReplay(t, rand.New(rand.NewPCG(seed, 21)), h, s)
		p.run(h.end(), nil)
		p.compare(newReference(h, h.end()))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// compare holds what was published against the reference.
func (p *replay) compare(ref *reference) {
	p.t.Helper()
	got := map[string][]schemas.Outcome{}
	for _, o := range p.outcomes {
		got[o.EventID] = append(got[o.EventID], o)
	}
	if diff := cmp.Diff(ref.outcomes, got, cmpopts.EquateEmpty()); diff != "" {
		p.t.Fatalf("outcomes (-reference +join):\n%s", diff)
	}
	if diff := cmp.Diff(nonZero(ref.sums), nonZero(p.sums())); diff != "" {
		p.t.Fatalf("sums (-reference +join):\n%s", diff)
	}
	fates := map[fateKey]int64{}
	for _, s := range p.slices {
		for _, f := range s.Fates {
			if s.Model != "m" || f.Width != labelWidth {
				p.t.Fatalf("slices of %s tell of labels: %+v", s.Model, f)
			}
			fates[fateKey{s.Tick, f.Start, f.Fate}] += f.N
		}
	}
	maps.DeleteFunc(fates, func(_ fateKey, n int64) bool { return n == 0 })
	if diff := cmp.Diff(ref.fates, fates, cmp.AllowUnexported(fateKey{})); diff != "" {
		p.t.Fatalf("fates of labels (-reference +join):\n%s", diff)
	}
}

// sums adds up the published slices and checks that their names make sense.
func (p *replay) sums() map[cellKey]*schemas.Sums {
	p.t.Helper()
	sums := map[cellKey]*schemas.Sums{}
	last := map[string]schemas.Slice{}
	for _, s := range p.slices {
		before, seen := last[s.Model]
		switch {
		case seen && before.More && (s.Tick != before.Tick || s.Part != before.Part+1):
			p.t.Fatalf("model %s: part %d of tick %v after part %d of %v", s.Model, s.Part, s.Tick, before.Part, before.Tick)
		case seen && !before.More && (s.Tick <= before.Tick || s.Part != 0):
			p.t.Fatalf("model %s: part %d of tick %v after %v was closed", s.Model, s.Part, s.Tick, before.Tick)
		}
		last[s.Model] = s
		for _, c := range s.Cells {
			at := cellKey{c.Clock, c.Start, c.Width, s.Model, c.Version, c.Segment}
			if sums[at] == nil {
				sums[at] = new(schemas.Sums)
			}
			sums[at].Merge(&c.Sums)
		}
	}
	for model, s := range last {
		if s.More || s.Tick != p.join.Closed() {
			p.t.Fatalf("model %s was last told of %v, closed is %v", model, s.Tick, p.join.Closed())
		}
	}
	return sums
}

func nonZero(sums map[cellKey]*schemas.Sums) map[cellKey]schemas.Sums {
	kept := map[cellKey]schemas.Sums{}
	for at, s := range sums {
		if !s.IsZero() {
			kept[at] = *s
		}
	}
	return kept
}
