package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/audit"
	"hindsight/schemas"
)

// tellEvery is how many records are read between two words of progress.
const tellEvery = 10_000

// read gives visit the committed records of some partitions of a topic.
func (r *auditReader) read(ctx context.Context, topic string, partitions []int32, visit func(*kgo.Record) error) error {
	var spans []span
	var total int64
	for _, x := range r.extents[topic] {
		total += x.End - x.First
	}
	for _, p := range partitions {
		x := r.extents[topic][p]
		spans = append(spans, span{topic, p, x.First, x.End})
	}
	at, n := map[int32]int64{}, 0
	err := r.fetch(ctx, spans, func(rec *kgo.Record) error {
		at[rec.Partition] = rec.Offset + 1 - r.extents[topic][rec.Partition].First
		if n++; n%tellEvery == 0 && r.progress != nil {
			done := r.done[topic]
			for _, offsets := range at {
				done += offsets
			}
			r.progress(topic, done, total)
		}
		return visit(rec)
	})
	for _, s := range spans {
		r.done[topic] += s.to - s.from
	}
	if err == nil && r.progress != nil {
		r.progress(topic, r.done[topic], total)
	}
	return err
}

func position(rec *kgo.Record) audit.Position {
	return audit.Position{Topic: rec.Topic, Partition: rec.Partition, Offset: rec.Offset}
}

// own decodes a record of ours; one that cannot be read is a violation.
func (r *auditReader) own(rec *kgo.Record, kind schemas.RecordKind, decode func([]byte) error) bool {
	err := decodeOwn(rec, kind, decode)
	if err != nil {
		r.auditor.Unreadable(position(rec), err)
	}
	return err == nil
}

func (r *auditReader) deadLetter(rec *kgo.Record) error {
	headers := map[string]string{}
	for _, h := range rec.Headers {
		if name, ok := strings.CutPrefix(h.Key, "hindsight.error."); ok {
			headers[name] = string(h.Value)
		}
	}
	origin, n := audit.Position{Topic: headers["topic"]}, int64(0)
	partition, err := strconv.ParseInt(headers["partition"], 10, 32)
	if err == nil {
		origin.Partition = int32(partition)
		origin.Offset, err = strconv.ParseInt(headers["offset"], 10, 64)
	}
	if text, batch := headers["offsets"]; batch && err == nil {
		n, err = strconv.ParseInt(text, 10, 64)
	}
	if err != nil || partition < 0 || origin.Offset < 0 || n < 0 {
		r.auditor.Unreadable(position(rec), fmt.Errorf("%s/%d offset %d is a dead letter without an origin", rec.Topic, rec.Partition, rec.Offset))
		return nil
	}
	r.auditor.DeadLetter(position(rec), origin, n)
	return nil
}

func (r *auditReader) rerouted(rec *kgo.Record) error {
	x, err := readRerouted(rec)
	switch {
	case err != nil:
		r.auditor.Unreadable(position(rec), err)
	case x.lift != nil:
		r.auditor.Lift(rec.Partition, x.lift)
	case x.settings != nil:
		r.auditor.Settings(rec.Partition, *x.settings)
	default:
		o := x.origin
		r.auditor.Rerouted(position(rec), audit.Position{Topic: o.topic, Partition: o.partition, Offset: o.offset}, string(rec.Key), o.arrival)
	}
	return nil
}

func (r *auditReader) scored(rec *kgo.Record) error {
	if r.config.Scores.Foreign() {
		return r.foreign(rec)
	}
	if r.own(rec, schemas.ScoreRecord, r.score.DecodeAvro) {
		r.auditor.Score(position(rec), &r.score)
	}
	return nil
}

func (r *auditReader) decided(rec *kgo.Record) error {
	if r.own(rec, schemas.OutcomeRecord, r.outcome.DecodeAvro) {
		r.auditor.Outcome(position(rec), &r.outcome)
	}
	return nil
}

func (r *auditReader) window(rec *kgo.Record) error {
	var w schemas.Window
	if rec.Value != nil && r.own(rec, schemas.WindowRecord, w.DecodeAvro) {
		r.auditor.Window(position(rec), &w)
	}
	return nil
}

func (r *auditReader) alarm(rec *kgo.Record) error {
	var a schemas.Alarm
	if rec.Value != nil && r.own(rec, schemas.AlarmRecord, a.DecodeAvro) {
		r.auditor.Alarm(position(rec), &a)
	}
	return nil
}

func (r *auditReader) memory(rec *kgo.Record) error {
	var s schemas.WatchState
	if rec.Value != nil && r.own(rec, schemas.WatchStateRecord, s.DecodeAvro) {
		r.auditor.WatchState(position(rec), &s)
	}
	return nil
}

func (r *auditReader) slice(rec *kgo.Record) error {
	var s schemas.Slice
	if r.own(rec, schemas.SliceRecord, s.DecodeAvro) {
		r.auditor.Slice(position(rec), &s)
	}
	return nil
}
