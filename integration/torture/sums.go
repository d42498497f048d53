package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// pairs counts outcomes by truth and prediction.
type pairs map[[2]string]int64

// sums are what a slice or a window adds up; the histogram is the program's own affair.
type sums struct {
	scored, unlabelled, assumed int64
	pairs                       pairs
}

func (s *sums) add(d sums) {
	s.scored += d.scored
	s.unlabelled += d.unlabelled
	s.assumed += d.assumed
	if s.pairs == nil && len(d.pairs) > 0 {
		s.pairs = pairs{}
	}
	for key, n := range d.pairs {
		if s.pairs[key] += n; s.pairs[key] == 0 {
			delete(s.pairs, key)
		}
	}
}

func (s *sums) zero() bool {
	return s.scored == 0 && s.unlabelled == 0 && s.assumed == 0 && len(s.pairs) == 0
}

func (s *sums) labelled() (n int64) {
	for _, v := range s.pairs {
		n += v
	}
	return n
}

func (s *sums) right() (n int64) {
	for key, v := range s.pairs {
		if key[0] == key[1] {
			n += v
		}
	}
	return n
}

// String is the same for equal sums.
func (s *sums) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "scored %d, unlabelled %d, assumed %d", s.scored, s.unlabelled, s.assumed)
	for _, key := range slices.Sorted(func(yield func(string) bool) {
		for k := range maps.Keys(s.pairs) {
			if !yield(k[0] + "/" + k[1]) {
				return
			}
		}
	}) {
		truth, prediction, _ := strings.Cut(key, "/")
		fmt.Fprintf(&b, ", truth %s predicted %s: %d", truth, prediction, s.pairs[[2]string{truth, prediction}])
	}
	return b.String()
}

// cell names the sums of a slice of time.
type cell struct {
	clock   string
	start   int64
	segment string // "" for the whole
}

// change is what one decision adds to the cells of its event.
type change struct {
	partition int32 // of the score; set by the judge
	tick      int64
	id        string
	region    string
	clock     string
	at        int64
	sums      sums
}

func (f *fold) count(l *life, tick int64, clock string, s sums) {
	at := l.at()
	if clock == "label" {
		at = l.booked
	}
	f.changes = append(f.changes, change{tick: tick, id: l.id, region: l.region, clock: clock, at: at, sums: s})
}

// cells visits the cells that a change falls into.
func (c *change) cells(visit func(cell)) {
	at := floor(c.at, width[c.clock])
	visit(cell{c.clock, at, ""})
	visit(cell{c.clock, at, "region=" + c.region})
}

// delta names what one tick of one partition adds to a cell.
type delta struct {
	partition int32
	tick      int64
	cell      cell
}

func (d delta) compare(e delta) int {
	return cmp.Or(cmp.Compare(d.partition, e.partition), cmp.Compare(d.tick, e.tick), strings.Compare(d.cell.clock, e.cell.clock),
		cmp.Compare(d.cell.start, e.cell.start), strings.Compare(d.cell.segment, e.cell.segment))
}

// deltas adds the changes up as JOIN must publish them; what comes to nothing is not published.
func deltas(changes []change) map[delta]*sums {
	all := map[delta]*sums{}
	for i := range changes {
		c := &changes[i]
		c.cells(func(at cell) {
			key := delta{c.partition, c.tick, at}
			if all[key] == nil {
				all[key] = new(sums)
			}
			all[key].add(c.sums)
		})
	}
	maps.DeleteFunc(all, func(_ delta, s *sums) bool { return s.zero() })
	return all
}
