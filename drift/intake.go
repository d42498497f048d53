package drift

import (
	"fmt"
	"math"
	"slices"
	"time"

	"hindsight/schemas"
)

// intake holds slices back until every partition has closed their tick.
type intake struct {
	partitions []partition // by number; nil until the first slice says how many there are
	base       schemas.Instant
}

// partition is what one partition of scores has said so far.
type partition struct {
	seen   bool
	closed schemas.Instant // every tick up to here is complete
	queue  []batch         // complete ticks that are not judged yet, in order
	open   *batch          // a tick of which parts are still to come
	next   int32           // the part of it that comes next
}

// batch is one tick of one partition.
type batch struct {
	tick   schemas.Instant
	offset int64 // of its first part
	cells  []schemas.Cell
	fates  []schemas.FateCount
}

func (b *batch) empty() bool { return len(b.cells) == 0 && len(b.fates) == 0 }

// add takes a slice in, and passes over one it has had before.
func (in *intake) add(s *schemas.Slice, offset int64) error {
	if err := in.admit(s); err != nil {
		return err
	}
	p := &in.partitions[s.Partition]
	if s.Tick <= p.closed {
		return nil
	}
	switch {
	case p.open == nil && s.Part != 0 && p.seen:
		return gap(s, 0)
	case p.open == nil:
		// The first slice of all may be any part: a replay may begin amid a
		// tick that no live window needs.
		p.open, p.next, p.seen = &batch{tick: s.Tick, offset: offset}, s.Part, true
	case s.Tick != p.open.tick:
		return fmt.Errorf("slices of partition %d: tick %v comes before part %d of tick %v: records of the slices topic are missing or out of order",
			s.Partition, s.Tick, p.next, p.open.tick)
	case s.Part < p.next:
		return nil
	case s.Part > p.next:
		return gap(s, p.next)
	}
	if p.open.cells == nil {
		p.open.cells = slices.Clip(s.Cells)
	} else {
		p.open.cells = append(p.open.cells, s.Cells...)
	}
	p.open.fates = schemas.AddFates(p.open.fates, s.Fates...)
	p.next++
	if s.More {
		return nil
	}
	if s.Part > 0 {
		p.open.cells = combined(p.open.cells)
	}
	p.closed = s.Tick
	p.push(*p.open)
	p.open = nil
	return nil
}

// combined adds the cells of a tick up that came in several parts, and drops
// those that come to nothing: where a tick was cut must not be seen in it.
func combined(cells []schemas.Cell) []schemas.Cell {
	type key struct {
		clock                  schemas.Clock
		start                  schemas.Instant
		width                  time.Duration
		version, role, segment string
	}
	at := map[key]int{}
	var all []schemas.Cell
	for i := range cells {
		c := &cells[i]
		k := key{c.Clock, c.Start, c.Width, c.Version, c.Role, c.Segment}
		j, known := at[k]
		if !known {
			at[k] = len(all)
			all = append(all, *c)
			continue
		}
		var sums schemas.Sums // the parts are not ours to change
		sums.Merge(&all[j].Sums)
		sums.Merge(&c.Sums)
		all[j].Sums = sums
	}
	return slices.DeleteFunc(all, func(c schemas.Cell) bool { return c.IsZero() })
}

// push queues a complete tick. An empty one ahead of it says nothing more.
func (p *partition) push(b batch) {
	if last := len(p.queue) - 1; last >= 0 && p.queue[last].empty() {
		p.queue[last] = b
		return
	}
	p.queue = append(p.queue, b)
}

// admit refuses what would make the sums wrong in silence.
func (in *intake) admit(s *schemas.Slice) error {
	if s.Partitions < 1 || s.Partition < 0 || s.Partition >= s.Partitions || s.Part < 0 {
		return fmt.Errorf("slice: part %d of partition %d of %d does not exist", s.Part, s.Partition, s.Partitions)
	}
	if in.partitions == nil {
		in.partitions = make([]partition, s.Partitions)
		for i := range in.partitions {
			in.partitions[i].closed = in.base
		}
	}
	if have := len(in.partitions); int(s.Partitions) != have {
		return fmt.Errorf("slice of partition %d, tick %v: it counts %d partitions of scores where there were %d: start with fresh topics after repartitioning",
			s.Partition, s.Tick, s.Partitions, have)
	}
	for i := range s.Cells {
		for _, b := range s.Cells[i].Histogram {
			if b.Bin >= schemas.HistogramBins {
				return fmt.Errorf("slice of partition %d, tick %v: histogram bin %d is not below %d", s.Partition, s.Tick, b.Bin, schemas.HistogramBins)
			}
		}
		for _, b := range s.Cells[i].BinWeights {
			if b.Bin >= schemas.HistogramBins {
				return fmt.Errorf("slice of partition %d, tick %v: histogram bin %d is not below %d", s.Partition, s.Tick, b.Bin, schemas.HistogramBins)
			}
		}
		for _, d := range s.Cells[i].Delays {
			if d.Bin >= schemas.DelayBins {
				return fmt.Errorf("slice of partition %d, tick %v: delay bin %d is not below %d", s.Partition, s.Tick, d.Bin, schemas.DelayBins)
			}
		}
	}
	return nil
}

func gap(s *schemas.Slice, want int32) error {
	return fmt.Errorf("slices of partition %d, tick %v: part %d came where part %d was due: records of the slices topic are missing or out of order",
		s.Partition, s.Tick, s.Part, want)
}

// closed is the instant up to which every partition has closed its ticks.
func (in *intake) closed() schemas.Instant {
	if len(in.partitions) == 0 {
		return in.base
	}
	closed := schemas.Forever
	for i := range in.partitions {
		closed = min(closed, in.partitions[i].closed)
	}
	return closed
}

// raise says that every partition has closed t: a replay need not show it.
func (in *intake) raise(t schemas.Instant) {
	in.base = max(in.base, t)
	for i := range in.partitions {
		p := &in.partitions[i]
		p.closed = max(p.closed, t)
		if p.open != nil && p.open.tick <= p.closed {
			p.open = nil
		}
	}
}

// first is the earliest tick that waits with cells, Forever if there is none.
func (in *intake) first() schemas.Instant {
	first := schemas.Forever
	for i := range in.partitions {
		for _, b := range in.partitions[i].queue {
			if !b.empty() {
				first = min(first, b.tick)
				break
			}
		}
	}
	return first
}

// take hands out the ticks up to t, partition by partition, and lets them go.
func (in *intake) take(t schemas.Instant, use func(batch)) {
	for i := range in.partitions {
		p := &in.partitions[i]
		n := 0
		for n < len(p.queue) && p.queue[n].tick <= t {
			use(p.queue[n])
			n++
		}
		if p.queue = p.queue[:copy(p.queue, p.queue[n:])]; n > 0 {
			clear(p.queue[len(p.queue) : len(p.queue)+n])
		}
	}
}

// floor is the smallest offset that is still to be judged, math.MaxInt64 if there is none.
func (in *intake) floor() int64 {
	floor := int64(math.MaxInt64)
	for i := range in.partitions {
		p := &in.partitions[i]
		if len(p.queue) > 0 {
			floor = min(floor, p.queue[0].offset)
		}
		if p.open != nil {
			floor = min(floor, p.open.offset)
		}
	}
	return floor
}
