package cli

import (
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/schemas"
)

func outcomeHeads() []string {
	return []string{"TICK:20", "EVENT ID:12", "KIND:10", "FATE:9", "REV", "VERSION:10", "VALUE:8", "PREDICTION", "TRUTH", "WAS", "SEGMENTS"}
}

type outcomeJSON struct {
	position
	EventID       string            `json:"event_id"`
	Kind          schemas.Kind      `json:"kind"`
	Fate          schemas.Fate      `json:"fate"`
	Revision      int32             `json:"revision"`
	Tick          stamp             `json:"tick"`
	Score         *place            `json:"score"`
	Source        *place            `json:"source"`
	Label         *place            `json:"label"`
	Model         string            `json:"model"`
	Version       string            `json:"version"`
	Role          string            `json:"role"`
	Value         figure            `json:"value"`
	Prediction    string            `json:"prediction"`
	Positive      string            `json:"positive"`
	Truth         string            `json:"truth"`
	PreviousTruth string            `json:"previous_truth"`
	Weight        figure            `json:"weight"`
	EventTime     stamp             `json:"event_time"`
	LabelTime     stamp             `json:"label_time"`
	Arrival       stamp             `json:"arrival"`
	Segments      map[string]string `json:"segments"`
	Bins          []byte            `json:"bins"` // base64
	Challengers   []answer          `json:"challengers"`
}

func readOutcome(r *kgo.Record) (shown, error) {
	o, err := own[schemas.Outcome](r, schemas.OutcomeRecord)
	if err != nil {
		return shown{}, err
	}
	j := outcomeJSON{
		position: positionOf(r), EventID: o.EventID, Kind: o.Kind, Fate: o.Fate, Revision: o.Revision, Tick: stamp(o.Tick),
		Model: o.Model, Version: o.Version, Role: o.Role, Value: figure(o.Value), Prediction: o.Prediction, Positive: o.Positive,
		Truth: o.Truth, PreviousTruth: o.PreviousTruth, Weight: figure(o.Extra.Weight()), EventTime: stamp(o.EventTime), LabelTime: stamp(o.LabelTime),
		Arrival: stamp(o.Arrival), Segments: segments(o.Segments), Bins: filled(o.Bins), Challengers: answers(o.Challengers),
	}
	value := ""
	if o.ScorePartition >= 0 {
		value = short(o.Value)
		j.Score = &place{Partition: o.ScorePartition, Offset: o.ScoreOffset}
	}
	if o.SourcePartition >= 0 {
		j.Source = &place{Partition: o.SourcePartition, Offset: o.SourceOffset}
	}
	if o.LabelTopic != "" {
		j.Label = &place{o.LabelTopic, o.LabelPartition, o.LabelOffset}
	}
	version := o.Version
	if o.Model != "" {
		version = o.Model + "@" + o.Version
	}
	return shown{
		cells: []string{o.Tick.String(), o.EventID, named(o.Kind.String()), named(o.Fate.String()), strconv.Itoa(int(o.Revision)),
			version, value, o.Prediction, o.Truth, o.PreviousTruth, segmentText(o.Segments)},
		json: j,
	}, nil
}

// named leaves out the word for nothing.
func named(s string) string {
	if s == "none" {
		return ""
	}
	return s
}
