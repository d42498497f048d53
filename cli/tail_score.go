package cli

import (
	"context"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app"
	"hindsight/app/config"
	"hindsight/schemas"
)

// avroRecord is one of our own records, *T.
type avroRecord[T any] interface {
	*T
	DecodeAvro([]byte) error
}

// own decodes the value of one of our own topics.
func own[T any, P avroRecord[T]](r *kgo.Record, kind schemas.RecordKind) (*T, error) {
	payload, err := schemas.OwnPayload(r.Value, kind)
	if err != nil {
		return nil, err
	}
	x := new(T)
	return x, P(x).DecodeAvro(payload)
}

func scoreHeads() []string {
	return []string{"EVENT TIME:20", "EVENT ID:12", "VERSION:10", "VALUE:8", "PREDICTION", "SEGMENTS"}
}

type scoreJSON struct {
	position
	EventID       string            `json:"event_id"`
	EventTime     stamp             `json:"event_time"`
	Arrival       stamp             `json:"arrival"`
	Source        place             `json:"source"`
	ScoredAt      stamp             `json:"scored_at"`
	Model         string            `json:"model"`
	Version       string            `json:"version"`
	Value         figure            `json:"value"`
	Probabilities []figure          `json:"probabilities"`
	Prediction    string            `json:"prediction"`
	Positive      string            `json:"positive"`
	Segments      map[string]string `json:"segments"`
	Bins          []byte            `json:"bins"` // base64
	Challengers   []answer          `json:"challengers"`
}

func readScore(r *kgo.Record) (shown, error) {
	s, err := own[schemas.Score](r, schemas.ScoreRecord)
	if err != nil {
		return shown{}, err
	}
	return showScore(r, s), nil
}

// foreignScores reads the scores of another program.
func foreignScores(ctx context.Context, cfg *config.Config) (func(*kgo.Record) (shown, error), error) {
	reader, err := app.NewScoreReader(cfg, nil)
	if err != nil {
		return nil, err
	}
	return func(r *kgo.Record) (shown, error) {
		s, err := reader.Read(ctx, r)
		if err != nil {
			return shown{}, err
		}
		return showScore(r, s), nil
	}, nil
}

func showScore(r *kgo.Record, s *schemas.Score) shown {
	return shown{
		cells: []string{s.EventTime.String(), s.EventID, s.Model + "@" + s.Version, short(s.Value), s.Prediction, segmentText(s.Segments)},
		json: scoreJSON{
			position: positionOf(r), EventID: s.EventID, EventTime: stamp(s.EventTime), Arrival: stamp(s.Arrival),
			Source: place{Partition: s.SourcePartition, Offset: s.SourceOffset}, ScoredAt: stamp(s.ScoredAt),
			Model: s.Model, Version: s.Version, Value: figure(s.Value), Probabilities: figures(s.Probabilities),
			Prediction: s.Prediction, Positive: s.Positive, Segments: segments(s.Segments), Bins: filled(s.Bins), Challengers: answers(s.Challengers),
		},
	}
}

// short writes a figure with as many digits as a person compares.
func short(f float64) string { return strconv.FormatFloat(f, 'g', 4, 64) }

func segmentText(from []schemas.Segment) string {
	text := ""
	for i, s := range from {
		if i > 0 {
			text += " "
		}
		text += s.Field + "=" + s.Value
	}
	return text
}

// filled makes an absent value an empty one, so that JSON has no null for it.
func filled(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
