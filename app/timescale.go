package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/app/kafka"
	"hindsight/schemas"
)

// sampledEach is how many records of each end of a partition are looked at.
const sampledEach = 20

// checkTimeScales refuses to join two topics that are stamped on different
// time scales: every label would be too late, or an orphan.
func (a *App) checkTimeScales(ctx context.Context) error {
	e := a.config.Events
	topic, wire, schema, field, byRecord := e.Topic, e.Wire, e.Schema, e.Time, e.Clock == config.RecordClock
	if s := a.config.Scores; s.Foreign() {
		topic, wire, schema, field, byRecord = a.config.Topics.Scores, s.Wire, s.Schema, s.Time, s.Clock == config.RecordClock
	}
	events, err := a.stampsOf(ctx, topic, wire, schema, field, byRecord)
	if err != nil {
		return err
	}
	labels, err := a.stampsOf(ctx, a.config.Labels.Topic, a.config.Labels.Wire, a.config.Labels.Schema, a.config.Labels.Time, a.config.Labels.Clock == config.RecordClock)
	if err != nil {
		return err
	}
	return kafka.OneTimeScale(a.config, events, labels)
}

// stampsOf samples what moves the clocks of a topic. Records that cannot be
// read are passed over: they will be dead letters.
func (a *App) stampsOf(ctx context.Context, topic, wire, schema, field string, byRecord bool) (kafka.Span, error) {
	client, err := kgo.NewClient(append(append([]kgo.Opt{}, a.base...), kafka.ReadOptions()...)...)
	if err != nil {
		return kafka.Span{}, fmt.Errorf("kafka client: %w", err)
	}
	defer client.Close()
	sample, err := kafka.SampleOf(ctx, client, topic, sampledEach)
	if err != nil {
		return kafka.Span{}, fmt.Errorf("sample %s: %w", topic, err)
	}
	var span kafka.Span
	if byRecord || field == "" {
		for _, r := range sample.Records {
			span.Add(schemas.InstantOfMillis(r.Timestamp.UnixMilli()))
		}
		return span, nil
	}
	fields := []schemas.Field{{Path: field, Type: schemas.Time, Optional: true}}
	reader, err := newReader(wire, schema, a.lookup(), fields)
	if err != nil {
		return kafka.Span{}, fmt.Errorf("topic %s: %w", topic, err)
	}
	row := schemas.NewRow(fields)
	for _, r := range sample.Records {
		err := reader.Read(ctx, r.Value, row)
		if errors.Is(err, schemas.ErrUnavailable) {
			a.log.Warn("the time scale of a topic is not compared any further", "topic", topic, "reason", err)
			break
		}
		if err == nil && row.Times[0] != schemas.Beginning {
			span.Add(row.Times[0])
		}
	}
	return span, nil
}
