package app

import (
	"context"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
)

// ends are the offsets at which the inputs of a bounded run end. They are
// fixed when what writes the inputs has ended.
type ends struct {
	admin  *kadm.Client
	topics []string
	closed <-chan struct{} // closed once the inputs are complete

	mu     sync.Mutex
	starts map[string]map[int32]int64
	at     map[string]map[int32]int64 // nil: not fixed yet
}

// fixed reports whether the ends are known, and fixes them if they can be.
func (e *ends) fixed(ctx context.Context) (bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.at != nil {
		return true, nil
	}
	select {
	case <-e.closed:
	default:
		return false, nil
	}
	if len(e.topics) == 0 {
		e.at = map[string]map[int32]int64{}
		return true, nil
	}
	var err error
	if e.starts, err = offsets(ctx, e.admin.ListStartOffsets, e.topics...); err != nil {
		return false, err
	}
	e.at, err = offsets(ctx, e.admin.ListEndOffsets, e.topics...)
	return err == nil, err
}

// offsets lists one offset of every partition of topics.
func offsets(ctx context.Context, list func(context.Context, ...string) (kadm.ListedOffsets, error), topics ...string) (map[string]map[int32]int64, error) {
	listed, err := list(ctx, topics...)
	if err == nil {
		err = listed.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("list offsets of %v: %w", topics, err)
	}
	all := map[string]map[int32]int64{}
	listed.Each(func(o kadm.ListedOffset) {
		if all[o.Topic] == nil {
			all[o.Topic] = map[int32]int64{}
		}
		all[o.Topic][o.Partition] = o.Offset
	})
	return all, nil
}

// total is the sum of the ends, once they are fixed: inputs only grow, so a
// run that ended at less has seen less.
func (e *ends) total() (n int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, partitions := range e.at {
		for _, end := range partitions {
			n += end
		}
	}
	return n
}

// passed reports whether a source that stands at offset (-1: no commit) has
// been read to its end, once the ends are fixed.
func (e *ends) passed(topic string, partition int32, offset int64) bool {
	return max(offset, e.starts[topic][partition]) >= e.at[topic][partition]
}

// reached reports whether the commits of group have passed the ends of topic.
func (e *ends) reached(ctx context.Context, group, topic string) (bool, error) {
	fixed, err := e.fixed(ctx)
	if !fixed || err != nil {
		return false, err
	}
	commits, err := fetchCommits(ctx, e.admin, group)
	if err != nil {
		return false, err
	}
	for p := range e.at[topic] {
		if !e.passed(topic, p, commits.offset(topic, p)) {
			return false, nil
		}
	}
	return true, nil
}
