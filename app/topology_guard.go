package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"hindsight/consumer"
)

// errGone is a topic that the brokers do not show. A broker that has just
// started may not know it yet, so that it is fatal only when it lasts.
var errGone = errors.New("is not there any more")

// personError is a fault that only a person can cure, and says how. It is a
// consumer.ErrFatal: going on would join what does not belong together.
type personError struct{ text string }

func (e *personError) Error() string        { return e.text }
func (e *personError) Is(target error) bool { return target == consumer.ErrFatal }

const (
	guardEvery = 5 * time.Second
	goneAfter  = 3 // times that a topic is missed, a second apart
)

// guard watches that the topics stay what they were at start.
type guard struct {
	admin *kadm.Client
	top   topology
}

// check compares the topics with those at start. It asks the brokers, so that a
// partition which was there before the call is seen. A nil guard knows nothing.
func (g *guard) check(ctx context.Context) error {
	if g == nil {
		return nil
	}
	details, err := listFresh(ctx, g.admin, slices.Sorted(maps.Keys(g.top.topics))...)
	if err != nil {
		return err
	}
	return g.top.compare(details)
}

// run checks now and then until ctx ends or there is a change, which it returns.
func (g *guard) run(ctx context.Context, log *slog.Logger) error {
	missed := 0
	for wait := guardEvery; ; {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		err := g.check(ctx)
		wait = guardEvery
		switch {
		case errors.Is(err, errGone):
			if missed++; missed == goneAfter {
				return &personError{fmt.Sprintf("%v: it was deleted. %s", err, beginAnew)}
			}
			wait = time.Second
			continue
		case errors.Is(err, consumer.ErrFatal):
			return err
		case err != nil && ctx.Err() == nil:
			log.Warn("the topics could not be looked at", "error", err)
		}
		missed = 0
	}
}

// compare says which topic has changed, nil where none has.
func (t topology) compare(details kadm.TopicDetails) error {
	var gone error
	for _, was := range slices.SortedFunc(maps.Values(t.topics), func(a, b topicIdentity) int { return cmp.Compare(a.name, b.name) }) {
		d, ok := details[was.name]
		if !ok || errors.Is(d.Err, kerr.UnknownTopicOrPartition) {
			gone = errors.Join(gone, fmt.Errorf("topic %s (%s) %w", was.name, was.key, errGone))
			continue
		}
		if d.Err != nil {
			continue // asked again
		}
		id := ""
		if was.id != (kadm.TopicID{}) {
			id = was.id.String()
		}
		now := topicIdentity{was.key, was.name, d.ID, int32(len(d.Partitions))}
		if now.partitions < was.partitions && now.id == was.id {
			continue // a broker that lags behind: partitions are never taken away
		}
		if err := t.changed(now, id, was.partitions, "while hindsight was running"); err != nil {
			return err
		}
	}
	return gone
}

const beginAnew = "Positions and state are of the old one. Begin anew: set another kafka.group and other names under topics, then run hindsight topics create; what was published stays in the old topics"

// changed compares a topic with what it was. Counts that only place new records
// are free to change between two runs: those of labels that are forwarded anyway.
func (t topology) changed(now topicIdentity, id string, partitions int32, when string) error {
	what := fmt.Sprintf("topic %s (%s)", now.name, now.key)
	if id != "" && now.id != (kadm.TopicID{}) && now.id.String() != id {
		return &personError{fmt.Sprintf("%s was deleted and made anew, or another one named in its place, %s: its id was %s and is %s. %s", what, when, id, now.id, beginAnew)}
	}
	if partitions == now.partitions {
		return nil
	}
	what = fmt.Sprintf("%s had %d partitions and has %d: that changed %s.", what, partitions, now.partitions, when)
	switch {
	case now.key == "labels" && partitions != t.scores && now.partitions != t.scores:
		return &personError{what + " Start hindsight again: labels are forwarded to their scores from any number of partitions"}
	case now.key == "labels":
		return &personError{fmt.Sprintf("%s Labels are joined where they lie only while both topics have %d partitions, and those that were joined so cannot be found again otherwise. "+
			"Let the producers write to a topic of %d partitions, or begin anew: set another kafka.group and other names under topics, then run hindsight topics create", what, t.scores, partitions)}
	}
	return &personError{what + " Records are placed by the number of partitions, so that old and new ones would not find each other. " + beginAnew}
}

// free reports whether a change is one that a new start may take up.
func (t topology) free(now topicIdentity, partitions int32) bool {
	return now.key == "labels" && partitions != t.scores && now.partitions != t.scores
}

// within refuses a partition that was not there at start.
func (t topology) within(topic string, partition int32) error {
	was, known := t.topics[topic]
	if !known || partition < was.partitions {
		return nil
	}
	now := was
	now.partitions = partition + 1
	return t.changed(now, "", was.partitions, "while hindsight was running")
}
