package main

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
)

// judge is the oracle: what the topics of the user hold, what must follow
// from it, and what is there.
type judge struct {
	*round
	ctx context.Context

	scored map[position]*scored // events that must have a score
	told   map[position]*told   // labels that can be read
	dead   map[string]map[position]*input
	inputs map[string]int64 // records by topic

	fold   fold
	places map[position]position // of an event's score in scores, by that of the event
}

// input is a record that must become a dead letter.
type input struct {
	value []byte
	found int
}

// newJudge reads back what was published and folds it.
func newJudge(ctx context.Context, r *round) (*judge, error) {
	j := &judge{
		round: r, ctx: ctx, scored: map[position]*scored{}, told: map[position]*told{},
		dead: map[string]map[position]*input{}, inputs: map[string]int64{}, places: map[position]position{},
	}
	ids := map[string]bool{}
	latest := int64(beginning)
	for _, topic := range []string{r.topic("events"), r.topic("labels")} {
		clocks := map[int32]int64{}
		j.dead[topic] = map[position]*input{}
		var fault error
		if err := r.direct.committed(ctx, topic, func(rec *kgo.Record) {
			n, err := itemOf(rec)
			if err != nil || n >= len(r.items) {
				fault = fmt.Errorf("%s/%d offset %d carries no number of ours: %w", rec.Topic, rec.Partition, rec.Offset, err)
				return
			}
			j.inputs[topic]++
			at := position{rec.Partition, rec.Offset}
			id, clock := j.take(topic, at, r.items[n], clocks)
			if latest = max(latest, clock); id != "" {
				ids[id] = true
			}
		}); err != nil {
			return nil, err
		}
		if fault != nil {
			return nil, fault
		}
	}
	j.fold = fold{rules: r.plan.rules, end: after(latest, r.plan.rules.tick)}
	scores, labels := map[string][]scored{}, map[string][]told{}
	for _, s := range j.scored {
		scores[s.id] = append(scores[s.id], *s)
	}
	for _, l := range j.told {
		labels[l.id] = append(labels[l.id], *l)
	}
	for id := range ids {
		first, fates := len(j.fold.changes), len(j.fold.fates)
		j.fold.id(scores[id], labels[id])
		for i := fates; i < len(j.fold.fates); i++ {
			j.fold.fates[i].partition = j.placeOf(id)
		}
		for i := first; i < len(j.fold.changes); i++ {
			j.fold.changes[i].partition = j.placeOf(id)
		}
	}
	return j, nil
}

// placeOf is the partition of scores that an event id belongs to.
func (j *judge) placeOf(id string) int32 {
	return place(j.plan.partitioner, id, j.plan.eventParts, nil)
}

// take files one record of events or labels, and returns the id that it is
// about and the clock of its partition.
func (j *judge) take(topic string, at position, it item, clocks map[int32]int64) (id string, clock int64) {
	clock, known := clocks[at.partition]
	if !known {
		clock = beginning
	}
	switch e, l := it.event, it.label; {
	case e != nil && e.bad:
		j.dead[topic][at] = &input{value: e.value}
		return "", clock
	case l != nil && l.bad:
		j.dead[topic][at] = &input{value: l.value}
		return "", clock
	case e != nil:
		stamp := e.stamp
		if j.plan.rules.eventsClock == "event_time" {
			stamp = e.time
		}
		clock, id = max(clock, stamp*1000), e.id
		j.scored[at] = &scored{e, at, clock}
	default:
		stamp := l.stamp
		if j.plan.rules.labelsClock == "label_time" {
			stamp = l.time
		}
		clock, id = max(clock, stamp*1000), l.id
		j.told[at] = &told{l, at, clock}
	}
	clocks[at.partition] = clock
	return id, clock
}

// laws checks everything; an error means that it could not be checked.
func (j *judge) laws() error {
	laws := []func() error{j.scores, j.deadLetters, j.outcomes, j.sums, j.alarms, j.report}
	if j.stuck { // what is missing may be still to come, but what is there can be wrong
		laws = laws[:3]
	}
	for _, law := range laws {
		if err := law(); err != nil {
			return err
		}
	}
	return nil
}

// read hands every record of one of the program's topics to visit, decoded.
func (j *judge) read(topic string, visit func(*kgo.Record, fields)) error {
	var fault error
	err := j.direct.committed(j.ctx, j.topic(topic), func(r *kgo.Record) {
		f, err := j.codecs.decode(topic, r.Value)
		if err != nil {
			if fault == nil {
				fault = fmt.Errorf("%s/%d offset %d: %w", r.Topic, r.Partition, r.Offset, err)
			}
			return
		}
		visit(r, f)
	})
	if err == nil {
		err = fault
	}
	return err
}
