package main

import (
	"cmp"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
)

// outcomes: each score has one final outcome, its revisions are numbered
// without gaps, each label is in one bucket, and all of it is what the fold says.
func (j *judge) outcomes() error {
	seen := map[outcome]int{}
	revisions := map[position][]int32{} // of each event, as published
	buckets := map[position]string{}
	ticks := map[int32]int64{}
	if err := j.read("outcomes", func(r *kgo.Record, f fields) {
		o := outcomeOf(f)
		seen[o]++
		if last, ok := ticks[r.Partition]; ok && o.tick < last {
			j.violate("order", "outcomes/%d offset %d is of tick %d, after one of %d", r.Partition, r.Offset, o.tick, last)
		}
		ticks[r.Partition] = o.tick
		if o.kind != "none" && o.kind != "duplicate" {
			revisions[o.event] = append(revisions[o.event], o.revision)
		}
		if o.fate != "none" {
			if first, twice := buckets[o.label]; twice {
				j.violate("label→bucket", "label %v of %s is %s and %s", o.label, o.id, first, o.fate)
			}
			buckets[o.label] = o.fate
		}
		j.alongside(r, f, o)
	}); err != nil {
		return err
	}
	for at, list := range revisions {
		for i, n := range list {
			if n != int32(i+1) {
				j.violate("revisions", "event %v has outcome revisions %v", at, list)
				break
			}
		}
	}
	return j.compareOutcomes(seen, ticks)
}

func outcomeOf(f fields) outcome {
	o := outcome{
		id: f.text("event_id"), kind: f.text("kind"), fate: f.text("fate"), revision: int32(f.int("revision")), tick: f.int("tick"),
		event: f.position("source_partition", "source_offset"), label: f.position("label_partition", "label_offset"),
		truth: f.text("truth"), previous: f.text("previous_truth"), arrival: f.int("arrival"),
	}
	if f.int("score_partition") < 0 {
		o.event = none
	}
	if f.text("label_topic") == "" {
		o.label = none
	}
	return o
}

// alongside checks what an outcome repeats of its score and its label.
func (j *judge) alongside(r *kgo.Record, f fields, o outcome) {
	if string(r.Key) != o.id || r.Partition != j.placeOf(o.id) {
		j.violate("outcome", "outcomes/%d offset %d of %s has key %q; its id belongs to partition %d", r.Partition, r.Offset, o.id, r.Key, j.placeOf(o.id))
	}
	if s := j.scored[o.event]; s != nil {
		score := f.position("score_partition", "score_offset")
		if score != j.places[o.event] || f.text("prediction") != s.prediction() || f.int("event_time") != s.at() {
			j.violate("outcome", "outcomes/%d offset %d of %s names score %v, which is at %v", r.Partition, r.Offset, o.id, score, j.places[o.event])
		}
	}
	if l := j.told[o.label]; l != nil && f.int("label_time") != l.time*1000 {
		j.violate("outcome", "outcomes/%d offset %d of %s has label time %d, want %d", r.Partition, r.Offset, o.id, f.int("label_time"), l.time*1000)
	}
}

// compareOutcomes tells the difference between what is there and what must be;
// ticks are those of the last outcomes, which no earlier tick may follow.
func (j *judge) compareOutcomes(seen map[outcome]int, ticks map[int32]int64) error {
	want := map[outcome]int{}
	for _, o := range j.fold.outcomes {
		want[o]++
	}
	for o, n := range want {
		switch {
		case seen[o] == 0 && (!j.stuck || o.tick < ticks[j.placeOf(o.id)]):
			j.violate("outcome", "missing: %+v", o)
		case seen[o] > n:
			j.violate("outcome", "%d times: %+v", seen[o], o)
		}
	}
	extra := []outcome{}
	for o := range seen {
		if want[o] == 0 {
			extra = append(extra, o)
		}
	}
	slices.SortFunc(extra, func(a, b outcome) int { return cmp.Or(cmp.Compare(a.tick, b.tick), cmp.Compare(a.id, b.id)) })
	for _, o := range extra {
		j.violate("outcome", "must not be: %+v", o)
	}
	return nil
}
