package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/app/rules"
	"hindsight/consumer"
	"hindsight/labels"
	"hindsight/schemas"
)

// The slots of a projected label.
const (
	labelID    = 0 // text
	labelValue = 1 // text
	labelTime  = 0 // time

	labelWeight = 0 // number
)

func labelFields(c config.Labels) []schemas.Field {
	fields := []schemas.Field{
		{Path: c.ID, Type: schemas.Text, Slot: labelID, Optional: true},
		{Path: c.Value, Type: schemas.Text, Slot: labelValue, Optional: true},
	}
	if c.Time != "" {
		fields = append(fields, schemas.Field{Path: c.Time, Type: schemas.Time, Slot: labelTime, Optional: true})
	}
	if c.Weight != "" {
		fields = append(fields, schemas.Field{Path: c.Weight, Type: schemas.Number, Slot: labelWeight, Optional: true})
	}
	return fields
}

// labelReader decodes labels. It is for one goroutine.
type labelReader struct {
	config *config.Config
	reader *schemas.Reader
	row    *schemas.Row
}

// newLabelReader returns a reader of the topic of labels.
func newLabelReader(cfg *config.Config, lookup schemaLookup) (*labelReader, error) {
	fields := labelFields(cfg.Labels)
	reader, err := newReader(cfg.Labels.Wire, cfg.Labels.Schema, lookup, fields)
	if err != nil {
		return nil, err
	}
	return &labelReader{config: cfg, reader: reader, row: schemas.NewRow(fields)}, nil
}

// readLabel decodes one label. The fault is the label's own; the error is not.
func (s *labelReader) readLabel(ctx context.Context, value []byte, timestamp int64, l *labels.Label) (*consumer.Fault, error) {
	fault, err := isolated(func() (*consumer.Fault, error) { return s.decode(ctx, value, timestamp, l) })
	if fault == nil && err == nil && l.Truth == "" { // an outcome without a truth has an empty one
		fault = s.noTruth()
	}
	return fault, err
}

func (s *labelReader) noTruth() *consumer.Fault {
	return &consumer.Fault{Class: "no_value", Message: fmt.Sprintf("field %s, the truth, is missing or empty", s.config.Labels.Value)}
}

// decode is readLabel of a label whose truth may be an empty text.
func (s *labelReader) decode(ctx context.Context, value []byte, timestamp int64, l *labels.Label) (*consumer.Fault, error) {
	if err := s.reader.Read(ctx, value, s.row); err != nil {
		return readFault(err)
	}
	c := &s.config.Labels
	id, truth := s.row.Texts[labelID], s.row.Texts[labelValue]
	if len(id) == 0 {
		return &consumer.Fault{Class: "no_id", Message: fmt.Sprintf("field %s, the event id, is missing or empty", c.ID)}, nil
	}
	if n := len(id) + len(truth); n > maxLabelText {
		return &consumer.Fault{Class: "too_large", Message: fmt.Sprintf("id and truth have %d bytes together, %d is the most", n, maxLabelText)}, nil
	}
	if truth == nil {
		return s.noTruth(), nil
	}
	l.EventID, l.Truth = string(id), rules.Class(c, string(truth))
	l.LabelTime = schemas.InstantOfMillis(timestamp)
	if c.Time != "" {
		l.LabelTime = s.row.Times[labelTime]
	}
	if c.Weight != "" {
		var fault *consumer.Fault
		if l.Extra, fault = rules.Weight(c, s.row.Numbers[labelWeight]); fault != nil {
			return fault, nil
		}
	}
	return rules.CheckLabel(c, l.LabelTime, schemas.InstantOfMillis(timestamp)), nil
}

func (s *joinStage) readScores(id int32, records []*kgo.Record) error {
	p := s.parts[id]
	if p == nil {
		return notHeld(s.config.Topics.Scores, id)
	}
	score := &s.score
	for _, r := range records {
		if p.scores = r.Offset + 1; r.Attrs.IsControl() {
			p.touched = true
			continue
		}
		err := s.ours(r, func() error {
			if err := readScore(r, score); err != nil {
				return err
			}
			return p.join.AddScore(s.batch, score, r.Offset)
		})
		if err != nil {
			return err
		}
		p.seen[sourceID{s.config.Events.Topic, score.SourcePartition}] = score.SourceOffset + 1
		p.touched = true
	}
	return nil
}

// ours takes in a record that a stage of ours has written. Every such record is
// in the sums already, so that it cannot be set aside.
func (s *joinStage) ours(r *kgo.Record, handle func() error) error {
	if fault := s.crashes.changed(r); fault != nil {
		return fmt.Errorf("%w: %s/%d offset %d, which hindsight wrote itself: this is a fault of hindsight, please report it: %s",
			consumer.ErrFatal, r.Topic, r.Partition, r.Offset, fault.Message)
	}
	return s.crashes.changing(r, handle)
}

// notHeld replaces the session: what the group assigned and what the stage
// holds have come apart.
func notHeld(topic string, partition int32) error {
	return fmt.Errorf("records of %s/%d, which is not held here", topic, partition)
}

func (s *joinStage) readReroutedLabels(ctx context.Context, id int32, records []*kgo.Record, out *consumer.Output) error {
	p := s.parts[id]
	if p == nil {
		return notHeld(s.config.Topics.LabelsRerouted, id)
	}
	for _, r := range records {
		p.rerouted, p.touched = r.Offset+1, true
		if r.Attrs.IsControl() {
			continue
		}
		rec, err := readRerouted(r)
		if err != nil {
			return fmt.Errorf("%w: %w", consumer.ErrFatal, err)
		}
		switch {
		case rec.lift != nil:
			err = p.join.AddLift(s.batch, rec.lift)
		case rec.settings != nil:
			err = p.join.AddSettings(s.batch, *rec.settings, r.Offset)
			// Those of a process before us may be read while ours are still to come.
			p.logging = p.logging && !p.join.Follows(rules.Settings(s.config))
		default:
			err = s.ours(r, func() error { return s.addRerouted(ctx, p, r, rec.origin) })
		}
		if errors.Is(err, schemas.ErrUnavailable) {
			p.rerouted = r.Offset
			out.Hold(r.Topic, r.Partition, r.Offset, err)
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addRerouted joins a label that was read once already, by its forwarder; it
// was readable there.
func (s *joinStage) addRerouted(ctx context.Context, p *joinPartition, r *kgo.Record, o *origin) error {
	l, err := s.reroutedLabel(ctx, r, o)
	if err != nil {
		return err
	}
	p.seen[sourceID{o.topic, o.partition}] = o.offset + 1
	return p.join.AddLabel(s.batch, l)
}

// readLabels joins in place the labels that lie where their score does, and
// forwards the others.
func (s *joinStage) readLabels(ctx context.Context, now time.Time, id int32, records []*kgo.Record, out *consumer.Output) error {
	f := s.feeds[id]
	if f == nil || s.coPartitioned() && s.parts[id] == nil {
		return notHeld(s.config.Labels.Topic, id)
	}
	wall, coarse := schemas.InstantOf(now), s.coarse()
	for _, r := range records {
		f.stagedAt, f.touched = r.Offset+1, true
		if s.coPartitioned() {
			s.parts[id].touched = true
		}
		if r.Attrs.IsControl() {
			continue
		}
		if n, ok := consumer.Skipped(r); ok {
			f.stagedAt = r.Offset + n
			f.staged.Read += n
			f.staged.DeadLetters += n
			s.publish.deadLetter(r, n, consumer.TooLarge("join", n))
			continue
		}
		var l labels.Label
		fault, err := s.readLabel(ctx, r.Value, r.Timestamp.UnixMilli(), &l)
		if errors.Is(err, schemas.ErrUnavailable) {
			f.stagedAt = r.Offset
			out.Hold(r.Topic, r.Partition, r.Offset, err)
			return nil
		}
		f.staged.Read++
		if err != nil {
			return fmt.Errorf("%s/%d offset %d: %w", r.Topic, r.Partition, r.Offset, err)
		}
		stamp := schemas.Beginning
		if fault == nil {
			stamp = s.labelStamp(r, &l)
			fault = rules.CheckLabelStamp(s.config, stamp, wall)
		}
		target := id
		var forwarded *kgo.Record
		if fault == nil {
			if target = s.place([]byte(l.EventID), s.top.scores); target != id || !s.coPartitioned() {
				forwarded = rerouteLabel(s.config.Topics.LabelsRerouted, target, r, []byte(l.EventID), max(f.staged.Clock, stamp))
				fault = fits(forwarded, int(s.sizes.of(forwarded.Topic)), "the label, forwarded to its partition,")
			}
		}
		if fault == nil {
			fault = s.crashes.changed(r)
		}
		if err := s.crashes.note(r, fault); err != nil {
			return err
		}
		if fault != nil {
			f.staged.setAside(r.Offset)
			fault.Stage = "join"
			s.publish.deadLetter(r, 1, *fault)
			continue
		}
		f.staged.move(r.Offset, stamp, coarse)
		if forwarded != nil {
			f.staged.Rerouted++
			s.publish.record(forwarded)
			continue
		}
		f.staged.InPlace++
		l.Arrival, l.Topic, l.Partition, l.Offset, l.Rerouted = f.staged.Clock, strings.Clone(r.Topic), r.Partition, r.Offset, -1
		p := s.parts[id]
		p.seen[sourceID{s.config.Labels.Topic, id}] = r.Offset + 1
		if err := s.crashes.changing(r, func() error { return p.join.AddLabel(s.batch, &l) }); err != nil {
			return err
		}
	}
	return nil
}

// labelStamp is what moves the clock of a partition of labels.
func (s *labelReader) labelStamp(r *kgo.Record, l *labels.Label) schemas.Instant {
	return rules.LabelStamp(&s.config.Labels, l.LabelTime, schemas.InstantOfMillis(r.Timestamp.UnixMilli()))
}

// reroutedLabel decodes a forwarded label with the position and arrival of its
// origin. Its truth may be empty: there were builds that forwarded such a label.
func (s *labelReader) reroutedLabel(ctx context.Context, r *kgo.Record, o *origin) (*labels.Label, error) {
	var l labels.Label
	fault, err := s.decode(ctx, r.Value, o.timestamp, &l)
	if err != nil {
		return nil, err
	}
	if fault != nil {
		return nil, fmt.Errorf("%w: %s/%d offset %d: the label of %s/%d offset %d was readable when it was forwarded and is not now (%s): restore labels.schema, labels.id, labels.value and labels.weight",
			consumer.ErrFatal, r.Topic, r.Partition, r.Offset, o.topic, o.partition, o.offset, fault.Message)
	}
	l.Arrival, l.Topic, l.Partition, l.Offset, l.Rerouted = o.arrival, o.topic, o.partition, o.offset, r.Offset
	return &l, nil
}
