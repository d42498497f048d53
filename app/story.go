package app

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/consumer"
	"hindsight/schemas"
)

// Story is all that the topics tell of one event id.
type Story struct {
	ID       string            `json:"id"`
	Scores   []schemas.Score   `json:"scores"`
	Outcomes []schemas.Outcome `json:"outcomes"` // with the fates of its labels, in the order of decision
}

// ReadStory reads the partition of scores and outcomes that the id hashes to.
func ReadStory(ctx context.Context, client []kgo.Opt, admin *kadm.Client, cfg *config.Config, id string) (*Story, error) {
	place, err := consumer.PartitionerNamed(cfg.Scores.Partitioner)
	if err != nil {
		return nil, err
	}
	reader, err := NewScoreReader(cfg, nil)
	if err != nil {
		return nil, err
	}
	topics := []string{cfg.Topics.Scores, cfg.Topics.Outcomes}
	starts, err := offsets(ctx, admin.ListStartOffsets, topics...)
	if err != nil {
		return nil, err
	}
	at, err := offsets(ctx, admin.ListEndOffsets, topics...)
	if err != nil {
		return nil, err
	}
	p := place([]byte(id), int32(len(at[cfg.Topics.Scores])))
	story := &Story{ID: id}
	var spans []span
	for _, topic := range topics {
		spans = append(spans, span{topic, p, starts[topic][p], at[topic][p]})
	}
	err = readSpans(ctx, client, spans, func(r *kgo.Record) error {
		if r.Topic == cfg.Topics.Scores && cfg.Scores.Foreign() { // whatever their keys are; what cannot be read is a dead letter
			score, fault, err := reader.foreign(ctx, r)
			if err == nil && fault == nil && score.EventID == id {
				story.Scores = append(story.Scores, *score)
			}
			return err
		}
		if string(r.Key) != id {
			return nil
		}
		if r.Topic == cfg.Topics.Scores {
			score, err := decodeScore(r)
			if err == nil {
				story.Scores = append(story.Scores, *score)
			}
			return err
		}
		var o schemas.Outcome
		if err := decodeOwn(r, schemas.OutcomeRecord, o.DecodeAvro); err != nil {
			return err
		}
		story.Outcomes = append(story.Outcomes, o)
		return nil
	})
	return story, err
}

// Found reports whether anything is known of the id.
func (s *Story) Found() bool { return len(s.Scores)+len(s.Outcomes) > 0 }

// Lines tells the story, one line a fact.
func (s *Story) Lines() []string {
	var lines []string
	for _, x := range s.Scores {
		if x.SourcePartition < 0 {
			lines = append(lines, fmt.Sprintf("%v  scored %q by %s@%s, which another program runs: value %.4g, prediction %q (score at offset %d)",
				x.EventTime, x.EventID, x.Model, x.Version, x.Value, x.Prediction, x.SourceOffset))
			continue
		}
		lines = append(lines, fmt.Sprintf("%v  scored %q by %s@%s: value %.4g, prediction %q (event at partition %d, offset %d, arrived %v)",
			x.EventTime, x.EventID, x.Model, x.Version, x.Value, x.Prediction, x.SourcePartition, x.SourceOffset, x.Arrival))
	}
	for _, o := range s.Outcomes {
		lines = append(lines, outcomeLine(o))
	}
	return lines
}

func outcomeLine(o schemas.Outcome) string {
	line := fmt.Sprintf("%v ", o.Tick)
	if o.Kind != schemas.NoKind {
		line += fmt.Sprintf(" outcome %v, revision %d", o.Kind, o.Revision)
		if o.Truth != "" {
			line += fmt.Sprintf(", truth %q", o.Truth)
		}
		if o.PreviousTruth != "" {
			line += fmt.Sprintf(" (was %q)", o.PreviousTruth)
		}
	}
	if o.Fate != schemas.NoFate {
		line += fmt.Sprintf(" label %v: truth %q of %v from %s/%d offset %d, arrived %v",
			o.Fate, o.Truth, o.LabelTime, o.LabelTopic, o.LabelPartition, o.LabelOffset, o.Arrival)
	}
	return line
}
