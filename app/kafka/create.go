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

// Create makes those of our topics that are missing, never events, labels
// or somebody else's scores, and changes none that is there. Embedded gives every topic the settings that
// the broker in the process needs instead of the plan's. Every topic is tried;
// the error joins what failed.
func Create(ctx context.Context, admin *kadm.Client, cfg *config.Config, embedded bool) ([]Made, error) {
	counts, err := CountsOf(ctx, admin, cfg)
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
		r, err := admin.CreateTopic(ctx, t.Partitions, -1, t.settings(embedded), t.Name)
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
	return made, visible(ctx, admin, names(plan))
}

// visible waits until every broker that is asked knows the topics: creation is
// acknowledged before that, and who starts right after it would miss them.
func visible(ctx context.Context, admin *kadm.Client, topics []string) error {
	const tries, pause = 100, 50 * time.Millisecond
	for range tries {
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
