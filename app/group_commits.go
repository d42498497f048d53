package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// groupCommits are the commits of one group.
type groupCommits map[string]map[int32]kadm.OffsetResponse

func fetchCommits(ctx context.Context, admin *kadm.Client, group string) (groupCommits, error) {
	responses, err := admin.FetchOffsets(ctx, group)
	if errors.Is(err, kerr.GroupIDNotFound) { // nobody has ever joined it
		return groupCommits{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("commits of group %s: %w", group, err)
	}
	return groupCommits(responses), nil
}

// electedCommits is fetchCommits that waits for the group's coordinator: after a
// start of the brokers its election takes longer than the client does. waits is
// told why, each time; nil: nobody is.
func electedCommits(ctx context.Context, admin *kadm.Client, group string, waits func(error)) (groupCommits, error) {
	ticker := time.NewTicker(time.Second / 4)
	defer ticker.Stop()
	for {
		commits, err := fetchCommits(ctx, admin, group)
		elects := errors.Is(err, kerr.CoordinatorNotAvailable) || errors.Is(err, kerr.CoordinatorLoadInProgress) || errors.Is(err, kerr.NotCoordinator)
		if !elects {
			return commits, err
		}
		if waits != nil {
			waits(err)
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(err, ctx.Err())
		case <-ticker.C:
		}
	}
}

// offset returns what was committed, -1 where nothing was.
func (g groupCommits) offset(topic string, partition int32) int64 {
	if c, ok := g[topic][partition]; ok && c.Err == nil {
		return c.At
	}
	return -1
}

func (g groupCommits) metadata(topic string, partition int32) string {
	if c, ok := g[topic][partition]; ok && c.Err == nil {
		return c.Metadata
	}
	return ""
}

// partitions returns the partitions of topic that have a commit, in order.
func (g groupCommits) partitions(topic string) []int32 {
	return slices.Sorted(maps.Keys(g[topic]))
}

// sources gives visit the commit of each partition of a topic of sources.
func (g groupCommits) sources(topic string, visit func(sourceID, sourceCommit)) error {
	for _, p := range g.partitions(topic) {
		c := newSourceCommit()
		if err := decodeCommit(topic, p, g.metadata(topic, p), &c); err != nil {
			return err
		}
		visit(sourceID{topic, p}, c)
	}
	return nil
}
