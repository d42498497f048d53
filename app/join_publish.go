package app

import (
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/consumer"
	"hindsight/schemas"
)

// joinPublisher encodes what a transaction of JOIN publishes. Values share one
// slab per transaction, which is flushed before the next begins.
type joinPublisher struct {
	topics         config.Topics
	top            topology
	outcomeFraming []byte
	sliceFraming   []byte

	ends     map[int32]int64 // of outcomes, as last known
	slab     []byte
	records  []*kgo.Record
	outcomes int
	notes    []schemas.Outcome // for the metrics, once committed
	classes  map[string]int

	scoreClasses map[string]int // of somebody else's scores that were set aside
}

func (p *joinPublisher) reset() {
	p.slab, p.outcomes, p.notes = p.slab[:0], 0, p.notes[:0]
	clear(p.records)
	p.records = p.records[:0]
	clear(p.classes)
	clear(p.scoreClasses)
}

// outcomesEnd is where outcomes of a partition ended when last seen; it may lag.
func (p *joinPublisher) outcomesEnd(id int32) int64 { return p.ends[id] }

func (p *joinPublisher) record(r *kgo.Record) { p.records = append(p.records, r) }

func (p *joinPublisher) decision(partition int32, kind string, v any) {
	p.record(rerouteDecision(p.topics.LabelsRerouted, partition, kind, v))
}

// deadLetter sets aside r, which stands for n labels.
func (p *joinPublisher) deadLetter(r *kgo.Record, n int64, f consumer.Fault) {
	p.classes[f.Class] += int(n)
	p.record(consumer.DeadLetter(p.topics.DeadLetters, p.top.deadLetters, r, f))
}

// deadScore sets aside r, which stands for n scores of another program.
func (p *joinPublisher) deadScore(r *kgo.Record, n int64, f consumer.Fault) {
	p.scoreClasses[f.Class] += int(n)
	p.record(consumer.DeadLetter(p.topics.DeadLetters, p.top.deadLetters, r, f))
}

func (p *joinPublisher) flush(out *consumer.Output) { out.Records = append(out.Records, p.records...) }

// encode appends framing and record to the slab and returns the value.
func (p *joinPublisher) encode(framing []byte, appendAvro func([]byte) []byte) []byte {
	start := len(p.slab)
	p.slab = appendAvro(append(p.slab, framing...))
	return p.slab[start:len(p.slab):len(p.slab)]
}

// emitter publishes what partition id of JOIN decides.
func (p *joinPublisher) emitter(id int32) *joinEmitter { return &joinEmitter{p, id} }

type joinEmitter struct {
	*joinPublisher
	partition int32
}

// Outcome goes to the partition of its score.
func (e *joinEmitter) Outcome(o *schemas.Outcome) error {
	e.outcomes++
	e.record(&kgo.Record{
		Topic: e.topics.Outcomes, Partition: e.partition, Key: []byte(o.EventID),
		Value: e.encode(e.outcomeFraming, o.AppendAvro),
	})
	e.notes = append(e.notes, schemas.Outcome{Kind: o.Kind, Fate: o.Fate, Revision: o.Revision, EventTime: o.EventTime, LabelTime: o.LabelTime})
	return nil
}

// Slice goes to the partition of its model, so that one watcher sees all of it.
func (e *joinEmitter) Slice(s *schemas.Slice) error {
	e.record(&kgo.Record{
		Topic: e.topics.Slices, Partition: consumer.Murmur2([]byte(s.Model), e.top.slices), Key: []byte(s.Model),
		Value: e.encode(e.sliceFraming, s.AppendAvro),
	})
	return nil
}
