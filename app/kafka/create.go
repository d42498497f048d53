package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"hindsight/app/config"
)

// Made is a topic of the plan after Create.
type Made struct {
	Topic
	Created bool // else it was there and is untouched
}

// Creation is how topics are made.
type Creation struct {
	Embedded bool  // with the settings that the broker in the process needs, instead of the plan's
	Events   int32 // how many partitions events will have, where it is not there; 0: it must be there
}

// ErrNoEvents says that nothing tells how many partitions scores must have.
var ErrNoEvents = errors.New("scores must have as many partitions as events")

// Create makes those of our topics that are missing, never events, labels
// or somebody else's scores, and changes none that is there. Every topic is tried; the error joins what
// failed. It wraps ErrNoEvents, and nothing was made, where scores and events
// are both missing and c does not say how many partitions events will have.
func Create(ctx context.Context, admin *kadm.Client, cfg *config.Config, c Creation) ([]Made, error) {
	counts, err := countsToCreate(ctx, admin, cfg, c)
	if err != nil {
		return nil, err
	}
	if cfg.Scores.Foreign() && counts.Scores == 0 {
		return nil, fmt.Errorf("topic %s is not there: the program that writes the scores (scores.id) must make it first, because ours get as many partitions", cfg.Topics.Scores)
	}
	plan := slices.DeleteFunc(Plan(cfg, counts), func(t Topic) bool { return t.Foreign })
	there, err := partitions(ctx, admin, names(plan)...)
	if err != nil {
		return nil, err
	}
	var made []Made
	var faults []error
	for _, t := range plan {
		if n, ok := there[t.Name]; ok {
			t.Partitions = n
			made = append(made, Made{Topic: t})
			continue
		}
		r, err := admin.CreateTopic(ctx, t.Partitions, -1, t.settings(c.Embedded), t.Name)
		switch {
		case err == nil:
			if r.NumPartitions > 0 {
				t.Partitions = r.NumPartitions
			}
			made = append(made, Made{Topic: t, Created: true})
		case errors.Is(err, kerr.TopicAlreadyExists): // somebody else was faster
			made = append(made, Made{Topic: t})
		default:
			faults = append(faults, createFault(t, r.ErrMessage, err))
		}
	}
	if len(faults) > 0 {
		return made, errors.Join(faults...)
	}
	return made, visible(ctx, admin, names(plan), 5*time.Second)
}

// countsToCreate is CountsOf once they tell how many partitions scores must have.
func countsToCreate(ctx context.Context, admin *kadm.Client, cfg *config.Config, c Creation) (Counts, error) {
	counts, err := CountsOf(ctx, admin, cfg)
	if err != nil || cfg.Events.Topic == "" || cfg.Scores.Foreign() || counts.Events > 0 || counts.Scores > 0 {
		return counts, err
	}
	if c.Events > 0 {
		counts.Events = c.Events
		return counts, nil
	}
	if err := visible(ctx, admin, []string{cfg.Events.Topic}, 2*time.Second); err != nil { // made a moment ago, maybe
		if ctx.Err() != nil {
			return counts, ctx.Err()
		}
		return counts, fmt.Errorf("topic %s is not there: %w. Make it first (it belongs to its producers; hindsight publish makes it too), "+
			"or say with --partitions how many it will have", cfg.Events.Topic, ErrNoEvents)
	}
	return CountsOf(ctx, admin, cfg)
}

// visible waits until every broker that is asked knows the topics: creation is
// acknowledged before that, and who starts right after it would miss them.
func visible(ctx context.Context, admin *kadm.Client, topics []string, patience time.Duration) error {
	const pause = 50 * time.Millisecond
	for range patience / pause {
		there, err := partitions(ctx, admin, topics...)
		if err != nil {
			return err
		}
		if len(there) == len(topics) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	return fmt.Errorf("the topics were made, but the brokers do not show them yet: try again in a moment")
}

func createFault(t Topic, message string, err error) error {
	if message != "" {
		err = fmt.Errorf("%s: %w", message, err)
	}
	if errors.Is(err, kerr.TopicAuthorizationFailed) || errors.Is(err, kerr.ClusterAuthorizationFailed) {
		return fmt.Errorf("topic %s: %w; grant Create on it or have it made by an administrator", t.Name, err)
	}
	return fmt.Errorf("topic %s: create: %w", t.Name, err)
}

// settings are the topic-level settings to create t with.
func (t Topic) settings(embedded bool) map[string]*string {
	settings := map[string]*string{}
	set := func(name, value string) { settings[name] = &value }
	switch {
	case embedded:
		// kfake compacts over open transactions, applies retention to every
		// topic by record time, and holds whole segments in memory.
		set("cleanup.policy", Delete)
		set("retention.ms", "-1")
		set("segment.bytes", strconv.Itoa(1<<20))
	case t.Cleanup == Compact:
		set("cleanup.policy", Compact)
	default:
		set("cleanup.policy", t.Cleanup)
		set("retention.ms", milliseconds(t.Retention))
		set("retention.bytes", "-1")
	}
	if t.MaxMessage > 0 {
		set("max.message.bytes", strconv.Itoa(t.MaxMessage))
	}
	return settings
}

func milliseconds(d time.Duration) string {
	if d == Unlimited {
		return "-1"
	}
	return strconv.FormatInt(d.Milliseconds(), 10)
}

func names(plan []Topic) []string {
	var all []string
	for _, t := range plan {
		all = append(all, t.Name)
	}
	return all
}
