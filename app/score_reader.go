package app

import (
	"context"
	"fmt"
	"math"
	"net/http"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/app/rules"
	"hindsight/consumer"
	"hindsight/schemas"
)

// ScoreReader reads the topic of scores: ours, or with scores.id those that
// another program writes, by the field mapping. It is for one goroutine.
type ScoreReader struct {
	config *config.Config
	reader *schemas.Reader // nil: the scores are ours
	fields foreignFields
	row    *schemas.Row
	place  consumer.Partitioner
}

// NewScoreReader returns a reader of the scores that the configuration names;
// client asks the registry, nil by TCP.
func NewScoreReader(cfg *config.Config, client *http.Client) (*ScoreReader, error) {
	if !cfg.Scores.Foreign() {
		return &ScoreReader{config: cfg}, nil
	}
	registry, err := newRegistry(cfg.Registry, client)
	if err != nil {
		return nil, err
	}
	var lookup schemaLookup
	if registry != nil {
		lookup = registry.Schema
	}
	return newScoreReader(cfg, lookup)
}

func newScoreReader(cfg *config.Config, lookup schemaLookup) (*ScoreReader, error) {
	s := &ScoreReader{config: cfg}
	if !cfg.Scores.Foreign() {
		return s, nil
	}
	var err error
	if s.place, err = consumer.PartitionerNamed(cfg.Scores.Partitioner); err != nil {
		return nil, err
	}
	s.fields = newForeignFields(cfg.Scores)
	s.row = schemas.NewRow(s.fields.all)
	if s.reader, err = newReader(cfg.Scores.Wire, cfg.Scores.Schema, lookup, s.fields.all); err != nil {
		return nil, fmt.Errorf("scores: %w", err)
	}
	return s, nil
}

// another returns a reader for another goroutine.
func (s *ScoreReader) another() *ScoreReader {
	twin := *s
	if s.reader != nil {
		twin.row = schemas.NewRow(s.fields.all)
	}
	return &twin
}

// Read decodes one score. The arrival of somebody else's is not in it: that is
// the clock of its partition, which only who reads all of it can know.
func (s *ScoreReader) Read(ctx context.Context, r *kgo.Record) (*schemas.Score, error) {
	if s.reader == nil {
		return decodeScore(r)
	}
	score, fault, err := s.foreign(ctx, r)
	if err == nil && fault != nil {
		err = fmt.Errorf("%s: %s", fault.Class, fault.Message)
	}
	return score, err
}

// tell decodes one score for somebody who only looks: nil where it is a dead
// letter. Its arrival, where nobody has written it down, is its own stamp.
func (s *ScoreReader) tell(ctx context.Context, r *kgo.Record) (*schemas.Score, error) {
	if s.reader == nil {
		return decodeScore(r)
	}
	score, fault, err := s.foreign(ctx, r)
	if err != nil || fault != nil {
		return nil, err
	}
	score.Arrival = s.stamp(r, score)
	return score, nil
}

// decodeScore is readScore into a score of its own.
func decodeScore(r *kgo.Record) (*schemas.Score, error) {
	var score schemas.Score
	return &score, readScore(r, &score)
}

// readScore reads a score of our own into s, whose lists and texts it uses again.
// One that cannot be read was not written by us, and joining on would lose it.
func readScore(r *kgo.Record, s *schemas.Score) error {
	if err := decodeOwn(r, schemas.ScoreRecord, s.DecodeAvro); err != nil {
		return fmt.Errorf("%w: %w", consumer.ErrFatal, err)
	}
	return nil
}

// foreignFields are the slots of a projected score of another program, -1 where
// the configuration names no field.
type foreignFields struct {
	all                     []schemas.Field
	id, prediction, version int // text
	value                   int // number
	time                    int // time
	segments                []int
}

func newForeignFields(c config.Scores) foreignFields {
	var f foreignFields
	slots := map[schemas.FieldType]int{}
	slot := func(path string, kind schemas.FieldType) int {
		if path == "" {
			return -1
		}
		at := slots[kind]
		slots[kind]++
		f.all = append(f.all, schemas.Field{Path: path, Type: kind, Slot: at, Optional: true})
		return at
	}
	f.id, f.value = slot(c.ID, schemas.Text), slot(c.Value, schemas.Number)
	f.prediction, f.version = slot(c.Prediction, schemas.Text), slot(c.Version, schemas.Text)
	f.time = slot(c.Time, schemas.Time)
	for _, path := range c.Segments {
		f.segments = append(f.segments, slot(path, schemas.Text))
	}
	return f
}

func (s *ScoreReader) text(slot int) string {
	if slot < 0 {
		return ""
	}
	return string(s.row.Texts[slot])
}

// foreign decodes somebody else's score. The fault is the score's own, whoever
// reads it and whenever; the error is not.
func (s *ScoreReader) foreign(ctx context.Context, r *kgo.Record) (score *schemas.Score, fault *consumer.Fault, err error) {
	fault, err = isolated(func() (fault *consumer.Fault, err error) {
		score, fault, err = s.decode(ctx, r)
		return fault, err
	})
	return score, fault, err
}

func (s *ScoreReader) decode(ctx context.Context, r *kgo.Record) (*schemas.Score, *consumer.Fault, error) {
	if err := s.reader.Read(ctx, r.Value, s.row); err != nil {
		fault, err := readFault(err)
		return nil, fault, err
	}
	c, f := &s.config.Scores, &s.fields
	score := &schemas.Score{
		EventID: s.text(f.id), EventTime: schemas.InstantOfMillis(r.Timestamp.UnixMilli()), Arrival: schemas.Beginning,
		SourcePartition: -1, SourceOffset: r.Offset, ScoredAt: schemas.InstantOfMillis(r.Timestamp.UnixMilli()),
		Model: c.Model, Version: s.text(f.version), Positive: schemas.Canonical(c.Positive),
	}
	if c.Positive == "" {
		score.Positive = ""
	}
	if score.Version == "" {
		score.Version = config.Unversioned
	}
	if score.EventID == "" {
		return nil, &consumer.Fault{Class: "no_id", Message: fmt.Sprintf("field %s, the event id, is missing or empty", c.ID)}, nil
	}
	if f.time >= 0 {
		score.EventTime = s.row.Times[f.time]
	}
	size := len(score.EventID) + len(score.Version)
	for i, at := range f.segments {
		x := schemas.Segment{Field: c.Segments[i], Value: s.text(at)}
		score.Segments = append(score.Segments, x)
		size += len(x.Field) + len(x.Value)
	}
	fault := s.answer(score)
	if size += len(score.Prediction); size > maxLabelText {
		fault = &consumer.Fault{Class: "too_large", Message: fmt.Sprintf("the texts of the score have %d bytes together, %d is the most", size, maxLabelText)}
	}
	if fault == nil {
		fault = rules.CheckScore(c, score.EventTime, schemas.InstantOfMillis(r.Timestamp.UnixMilli()))
	}
	return score, fault, nil
}

// answer reads value and prediction.
func (s *ScoreReader) answer(score *schemas.Score) *consumer.Fault {
	c, f := &s.config.Scores, &s.fields
	if f.value >= 0 {
		v := s.row.Numbers[f.value]
		switch {
		case math.IsNaN(v):
			return &consumer.Fault{Class: "no_value", Message: fmt.Sprintf("field %s, the value, is missing or no number", c.Value)}
		case math.IsInf(v, 0) || score.Positive != "" && (v < 0 || v > 1):
			return &consumer.Fault{Class: "bad_value", Message: fmt.Sprintf("field %s is %v: a probability of class %s is from 0 to 1", c.Value, v, score.Positive)}
		}
		score.Value = v
	}
	switch {
	case f.prediction >= 0:
		if score.Prediction = schemas.Canonical(s.text(f.prediction)); s.row.Texts[f.prediction] == nil || score.Prediction == "" {
			return &consumer.Fault{Class: "no_prediction", Message: fmt.Sprintf("field %s, the decided class, is missing or empty", c.Prediction)}
		}
	case len(c.Classes) == 2:
		positive := score.Value >= c.Threshold
		for _, class := range c.Classes {
			if class := schemas.Canonical(class); (class == score.Positive) == positive {
				score.Prediction = class
			}
		}
	}
	return nil
}

// stamp is what moves the clock of a partition of somebody else's scores.
func (s *ScoreReader) stamp(r *kgo.Record, score *schemas.Score) schemas.Instant {
	return rules.ScoreStamp(&s.config.Scores, score.EventTime, schemas.InstantOfMillis(r.Timestamp.UnixMilli()))
}

// misplaced says that a score lies where no label will look for it.
func (s *ScoreReader) misplaced(r *kgo.Record, id string, partitions int32) *consumer.Fault {
	if want := s.place([]byte(id), partitions); want != r.Partition {
		return &consumer.Fault{Class: "misplaced", Message: fmt.Sprintf(
			"event id %q belongs on partition %d by scores.partitioner %s: its labels are looked for there, and none would be found here", id, want, s.config.Scores.Partitioner)}
	}
	return nil
}
