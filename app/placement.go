package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/kafka"
	"hindsight/schemas"
)

// checkPlacement refuses to watch scores of another program that do not lie
// where their event ids hash to: no label would find them. Single ones that lie
// elsewhere are dead letters.
func (a *App) checkPlacement(ctx context.Context) error {
	if !a.config.Scores.Foreign() {
		return nil
	}
	client, err := kgo.NewClient(append(append([]kgo.Opt{}, a.base...), kafka.ReadOptions()...)...)
	if err != nil {
		return fmt.Errorf("kafka client: %w", err)
	}
	defer client.Close()
	topic := a.config.Topics.Scores
	sample, err := kafka.SampleOf(ctx, client, topic, sampledEach)
	if err != nil {
		return fmt.Errorf("sample %s: %w", topic, err)
	}
	reader, err := newScoreReader(a.config, a.lookup())
	if err != nil {
		return err
	}
	var ids []kafka.Labelled
	for _, r := range sample.Records {
		score, fault, err := reader.foreign(ctx, r)
		if errors.Is(err, schemas.ErrUnavailable) {
			a.log.Warn("the placement of scores is not looked at any further", "topic", topic, "reason", err)
			break
		}
		if err == nil && fault == nil {
			ids = append(ids, kafka.Labelled{ID: []byte(score.EventID), Partition: r.Partition})
		}
	}
	return kafka.ScoresInPlace(a.config, ids, sample.Partitions)
}
