package app

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/rules"
	"hindsight/consumer"
	"hindsight/schemas"
	"hindsight/scoring"
)

// scoreWorker scores the records of one partition. Its memory is used again
// for each transaction: one slab of bytes and one of records, so that a score
// costs no allocation. That is safe because a transaction is flushed before
// the next one begins.
type scoreWorker struct {
	stage  *scoreStage
	scorer *scoring.Scorer
	row    *schemas.Row
	score  schemas.Score

	scores  []kgo.Record
	slab    []byte
	dead    []*kgo.Record
	classes map[string]int
	crashes *crashes
	began   time.Time
	fault   error // not the record's: the same records must be tried again
	waits   error // why the record at the source's offset must wait
}

func newScoreWorker(s *scoreStage) *scoreWorker {
	w := &scoreWorker{stage: s, scorer: s.bundle.NewScorer(), row: schemas.NewRow(s.fields.all), classes: map[string]int{}, crashes: newCrashes()}
	w.score = schemas.Score{Model: s.bundle.Name, Version: s.bundle.Version, Positive: s.bundle.Positive()}
	for _, name := range s.fields.names {
		w.score.Segments = append(w.score.Segments, schemas.Segment{Field: name})
	}
	return w
}

func (w *scoreWorker) run(ctx context.Context, now schemas.Instant, src *source, records []*kgo.Record) {
	w.began = now.Time()
	w.slab, w.dead, w.fault = w.slab[:0], w.dead[:0], nil
	w.waits = nil
	clear(w.classes)
	if cap(w.scores) < len(records) {
		w.scores = make([]kgo.Record, 0, len(records))
	}
	w.scores = w.scores[:0]
	for _, r := range records {
		src.offset = r.Offset + 1
		if r.Attrs.IsControl() {
			continue
		}
		if n, ok := consumer.Skipped(r); ok {
			src.offset = r.Offset + n
			src.staged.Read += n
			w.setAside(src, r, n, consumer.TooLarge("score", n))
			continue
		}
		src.staged.Read++
		fault, err := isolated(func() (*consumer.Fault, error) { return w.one(ctx, now, src, r) })
		if err == nil {
			err = w.note(r, fault)
		}
		switch {
		case errors.Is(err, schemas.ErrUnavailable):
			src.staged.Read--
			src.offset, w.waits = r.Offset, err
			return
		case err != nil:
			w.fault = fmt.Errorf("%s/%d offset %d: %w", r.Topic, r.Partition, r.Offset, err)
			return
		case fault != nil:
			w.setAside(src, r, 1, *fault)
		default:
			src.staged.Scored++
		}
	}
}

// note counts crashes, and replaces what one may have left in any condition.
func (w *scoreWorker) note(r *kgo.Record, fault *consumer.Fault) error {
	if fault != nil && fault.Class == crashClass {
		w.scorer, w.row = w.stage.bundle.NewScorer(), schemas.NewRow(w.stage.fields.all)
	}
	return w.crashes.note(r, fault)
}

// setAside makes a dead letter of r, which stands for n events.
func (w *scoreWorker) setAside(src *source, r *kgo.Record, n int64, fault consumer.Fault) {
	src.staged.DeadLetters += n
	w.classes[fault.Class] += int(n)
	fault.Stage, fault.Version = "score", w.stage.bundle.Version
	w.dead = append(w.dead, consumer.DeadLetter(w.stage.config.Topics.DeadLetters, w.stage.top.deadLetters, r, fault))
}

// one scores one event. The fault is the event's own; the error is not. Nothing
// of the transaction changes before the score stands.
func (w *scoreWorker) one(ctx context.Context, now schemas.Instant, src *source, r *kgo.Record) (*consumer.Fault, error) {
	s := w.stage
	if limit := int(s.config.Events.MaxBytes); len(r.Value) > limit {
		return &consumer.Fault{Class: "too_large", Message: fmt.Sprintf("the event has %d bytes, events.max_bytes allows %d", len(r.Value), limit)}, nil
	}
	if err := s.reader.Read(ctx, r.Value, w.row); err != nil {
		return readFault(err)
	}
	id := w.row.Texts[s.fields.id]
	if len(id) == 0 {
		return &consumer.Fault{Class: "no_id", Message: fmt.Sprintf("field %s, the event id, is missing or empty", s.config.Events.ID)}, nil
	}
	recorded := schemas.InstantOfMillis(r.Timestamp.UnixMilli())
	eventTime := recorded
	if s.fields.time >= 0 {
		eventTime = w.row.Times[s.fields.time]
	}
	if fault := rules.CheckEvent(&s.config.Events, eventTime, recorded, now); fault != nil {
		return fault, nil
	}
	answer, err := w.scorer.Score(w.row.Numbers, w.row.Texts, w.row.Times)
	if err != nil {
		return &consumer.Fault{Class: "feature", Message: err.Error()}, nil
	}
	clock := max(src.staged.Clock, rules.EventStamp(&s.config.Events, eventTime, recorded))
	score := &w.score
	score.EventID, score.EventTime, score.Arrival = alias(id), eventTime, clock
	score.SourcePartition, score.SourceOffset, score.ScoredAt = r.Partition, r.Offset, now
	score.Value, score.Probabilities = answer.Value, answer.Probabilities
	score.Prediction = ""
	if answer.Class >= 0 {
		score.Prediction = s.bundle.Classes[answer.Class]
	}
	for i, slot := range s.fields.segments {
		score.Segments[i].Value = alias(w.row.Texts[slot])
	}
	if fault := w.append(score, id); fault != nil {
		return fault, nil
	}
	src.staged.Clock = clock
	return nil, nil
}

// append encodes the score into the slab. The key is copied there too,
// because a projected text may live in the row's scratch memory.
func (w *scoreWorker) append(score *schemas.Score, id []byte) *consumer.Fault {
	start := len(w.slab)
	slab := append(w.slab, id...)
	mid := len(slab)
	slab = append(slab, w.stage.framing...)
	slab = score.AppendAvro(slab)
	end := len(slab)
	n := len(w.scores)
	r := &w.scores[:n+1][n] // run has made room
	*r = kgo.Record{}       // a record is large: filled in place, it is not copied
	r.Topic = w.stage.config.Topics.Scores
	r.Partition = w.stage.place(id, w.stage.top.scores)
	r.Key = slab[start:mid:mid]
	r.Value = slab[mid:end:end]
	r.Timestamp = w.began // else the client asks the clock for each record
	if fault := fits(r, w.stage.most, "the score"); fault != nil {
		return fault
	}
	w.scores, w.slab = w.scores[:n+1], slab
	return nil
}

// readFault sorts what a Reader says into the record's fault and the registry's.
func readFault(err error) (*consumer.Fault, error) {
	for _, class := range []struct {
		is   error
		name string
	}{
		{schemas.ErrWire, "wire"}, {schemas.ErrUnknownSchema, "unknown_schema"},
		{schemas.ErrSchema, "schema"}, {schemas.ErrDatum, "datum"},
	} {
		if errors.Is(err, class.is) {
			return &consumer.Fault{Class: class.name, Message: err.Error()}, nil
		}
	}
	return nil, err
}

// alias views b as a string for as long as b stands.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
