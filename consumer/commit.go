package consumer

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// errNotOwned aborts a transaction over a partition that the group has given
// to somebody else: the broker would accept the commit (F2).
var errNotOwned = errors.New("partition is no longer owned")

// transact publishes the records and commits the polled offsets together.
// committed false without an error means that the records come again; an
// error means that the outcome is unknown and the session is spent.
func (s *session) transact(ctx context.Context, fetches kgo.Fetches, out *Output) (committed bool, err error) {
	// Past the transaction timeout nothing can commit. Without a limit, a broker
	// out of reach would hold up the stop for ever; and End waits for a heartbeat,
	// while a member that was thrown out waits for End before it joins again.
	ctx, cancel := context.WithTimeout(ctx, s.config.EndTimeout)
	defer cancel()
	defer func() {
		if errors.Is(err, kerr.ProducerFenced) || errors.Is(err, kerr.InvalidProducerEpoch) {
			err = fmt.Errorf("transactional id %s was fenced: another process uses it, or the transaction took longer than its timeout: %w", s.config.TransactionalID, err)
		}
		if ctx.Err() != nil {
			committed, err = false, errors.Join(err, fmt.Errorf("the transaction did not end within %v: %w", s.config.EndTimeout, ctx.Err()))
		}
	}()
	owned := s.checkOwned(fetches, out)
	if s.txn == nil {
		if owned != nil {
			return false, owned
		}
		return s.publishThenCommit(ctx, fetches, out)
	}
	if err := s.txn.Begin(); err != nil {
		return false, err
	}
	if owned != nil {
		s.config.Log.Info("transaction given up", "stage", s.config.Name, "reason", owned)
		_, err := s.txn.End(ctx, kgo.TryAbort)
		return false, err
	}
	// End would commit the rest although a record was refused.
	if failure := s.publish(ctx, out.Records); failure != nil {
		_, err := s.txn.End(ctx, kgo.TryAbort)
		return false, errors.Join(failure, err)
	}
	commit := kgo.PreTxnCommitFnContext(ctx, func(req *kmsg.TxnOffsetCommitRequest) error {
		attach(req, out)
		return nil
	})
	return s.txn.End(commit, kgo.TryCommit)
}

func (s *session) checkOwned(fetches kgo.Fetches, out *Output) error {
	var err error
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if len(p.Records) > 0 && !s.balancer.owns(p.Topic, p.Partition) {
			err = fmt.Errorf("%s/%d: %w", p.Topic, p.Partition, errNotOwned)
		}
	})
	for p := range out.Commits {
		if !s.balancer.owns(p.Topic, p.ID) {
			err = fmt.Errorf("%s/%d: %w", p.Topic, p.ID, errNotOwned)
		}
	}
	return err
}

// attach sets metadata on the offsets that are committed anyway, stops short
// where a partition is held, and adds the partitions from which nothing was polled.
func attach(req *kmsg.TxnOffsetCommitRequest, out *Output) {
	commits, seen := out.Commits, map[Partition]bool{}
	for i := range req.Topics {
		t := &req.Topics[i]
		for j := range t.Partitions {
			p := Partition{t.Topic, t.Partitions[j].Partition}
			if c, ok := commits[p]; ok {
				t.Partitions[j].Metadata = &c.Metadata
				seen[p] = true
			}
			if h, ok := out.Holds[p]; ok {
				t.Partitions[j].Offset, t.Partitions[j].LeaderEpoch = h.Offset, -1
			}
		}
	}
	for p, c := range commits {
		if seen[p] {
			continue
		}
		part := kmsg.NewTxnOffsetCommitRequestTopicPartition()
		part.Partition, part.Offset, part.Metadata = p.ID, c.Offset, &c.Metadata
		i := 0
		for ; i < len(req.Topics) && req.Topics[i].Topic != p.Topic; i++ {
		}
		if i == len(req.Topics) {
			t := kmsg.NewTxnOffsetCommitRequestTopic()
			t.Topic = p.Topic
			req.Topics = append(req.Topics, t)
		}
		req.Topics[i].Partitions = append(req.Topics[i].Partitions, part)
	}
}

// publish returns once every record is acknowledged, or the first that is not.
func (s *session) publish(ctx context.Context, records []*kgo.Record) error {
	for _, r := range records {
		s.client.Produce(ctx, r, s.onProduced)
	}
	if err := s.client.Flush(ctx); err != nil {
		return err
	}
	return s.takeFailure()
}

func (s *session) publishThenCommit(ctx context.Context, fetches kgo.Fetches, out *Output) (bool, error) {
	if err := s.publish(ctx, out.Records); err != nil {
		return false, err
	}
	// What the client thinks uncommitted may name a partition from which nothing
	// was polled, whose metadata would then be lost.
	offsets := map[string]map[int32]kgo.EpochOffset{}
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if len(p.Records) == 0 {
			return
		}
		if offsets[p.Topic] == nil {
			offsets[p.Topic] = map[int32]kgo.EpochOffset{}
		}
		last := p.Records[len(p.Records)-1]
		offsets[p.Topic][p.Partition] = kgo.EpochOffset{Epoch: last.LeaderEpoch, Offset: last.Offset + 1}
	})
	for p, c := range out.Commits {
		if offsets[p.Topic] == nil {
			offsets[p.Topic] = map[int32]kgo.EpochOffset{}
		}
		if _, polled := offsets[p.Topic][p.ID]; !polled {
			offsets[p.Topic][p.ID] = kgo.EpochOffset{Epoch: -1, Offset: c.Offset}
		}
	}
	for p, h := range out.Holds { // they were polled, so they are among the offsets
		offsets[p.Topic][p.ID] = kgo.EpochOffset{Epoch: -1, Offset: h.Offset}
	}
	ctx = kgo.PreCommitFnContext(ctx, func(req *kmsg.OffsetCommitRequest) error {
		for i := range req.Topics {
			t := &req.Topics[i]
			for j := range t.Partitions {
				if c, ok := out.Commits[Partition{t.Topic, t.Partitions[j].Partition}]; ok {
					t.Partitions[j].Metadata = &c.Metadata
				}
			}
		}
		return nil
	})
	var failure error
	s.client.CommitOffsetsSync(ctx, offsets, func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
		if failure = err; err != nil || resp == nil {
			return
		}
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
					failure = fmt.Errorf("commit %s/%d: %w", t.Topic, p.Partition, err)
				}
			}
		}
	})
	return failure == nil, failure
}
