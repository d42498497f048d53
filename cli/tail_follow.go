package cli

import (
	"context"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/kafka"
)

// follower reads a topic outside any group.
type follower struct {
	from     int64 // fromStart, fromEnd, or milliseconds of the epoch
	untilEnd bool
	most     int64 // records; 0: no limit
}

// records gives visit the committed records of topic until there is nothing
// left to wait for, or ctx ends.
func (f follower) records(ctx context.Context, client *kgo.Client, topic string, visit func(*kgo.Record) error) error {
	admin := kadm.NewClient(client)
	ends, err := kafka.Ends(ctx, admin, topic)
	if err != nil {
		return err
	}
	from := ends
	switch {
	case f.from == fromStart:
		from, err = kafka.Starts(ctx, admin, topic)
	case f.from != fromEnd:
		from, err = kafka.Since(ctx, admin, topic, f.from)
	}
	if err != nil {
		return err
	}
	if !f.untilEnd {
		ends = nil
	}
	var seen int64
	var fault error
	err = kafka.Read(ctx, client, topic, from, ends, func(r *kgo.Record) bool {
		fault = visit(r)
		seen++
		return fault == nil && seen != f.most
	})
	if fault != nil {
		return fault
	}
	return err
}
