package publish

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// EnsureTopic returns how many partitions a topic has. One that is not there
// is made, with that many partitions (0: the broker's default) and
// retention.ms=-1, because its records carry times that may lie far back.
func EnsureTopic(ctx context.Context, admin *kadm.Client, topic string, partitions int32) (n int32, created bool, err error) {
	details, err := admin.ListTopics(ctx, topic)
	if err != nil {
		return 0, false, fmt.Errorf("topic %s: %w", topic, err)
	}
	if d := details[topic]; d.Err == nil {
		return int32(len(d.Partitions)), false, nil
	} else if !errors.Is(d.Err, kerr.UnknownTopicOrPartition) {
		return 0, false, fmt.Errorf("topic %s: %w", topic, d.Err)
	}
	if partitions == 0 {
		partitions = -1
	}
	forever := "-1"
	made, err := admin.CreateTopic(ctx, partitions, -1, map[string]*string{"retention.ms": &forever}, topic)
	if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		return 0, false, fmt.Errorf("topic %s: create: %w", topic, err)
	}
	if err == nil && made.NumPartitions > 0 {
		return made.NumPartitions, true, nil
	}
	if details, err = admin.ListTopics(ctx, topic); err == nil {
		err = details[topic].Err
	}
	if err != nil {
		return 0, true, fmt.Errorf("topic %s: %w", topic, err)
	}
	return int32(len(details[topic].Partitions)), true, nil
}

// Retention returns how long a topic keeps records, by their timestamps; a
// negative duration is for ever.
func Retention(ctx context.Context, admin *kadm.Client, topic string) (time.Duration, error) {
	configs, err := admin.DescribeTopicConfigs(ctx, topic)
	if err != nil {
		return 0, fmt.Errorf("topic %s: %w", topic, err)
	}
	config, err := configs.On(topic, nil)
	if err == nil {
		err = config.Err
	}
	if err != nil {
		return 0, fmt.Errorf("topic %s: %w", topic, err)
	}
	for _, c := range config.Configs {
		if c.Key != "retention.ms" || c.Value == nil {
			continue
		}
		ms, err := strconv.ParseInt(*c.Value, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("topic %s: retention.ms: %w", topic, err)
		}
		return time.Duration(ms) * time.Millisecond, nil
	}
	return -1, nil
}
