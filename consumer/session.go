package consumer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// session is one membership in the group: from joining to the first error
// whose outcome is unknown, after which a new one takes its place.
type session struct {
	config   *Config
	client   *kgo.Client
	txn      *kgo.GroupTransactSession // nil at least once
	balancer *balancer

	mu           sync.Mutex
	joined       *kgo.Client // as the callbacks know it: they may run before the constructor returns
	changed      bool        // a rebalance callback ran since the last settle
	revoked      []Partition
	fetched      []Commit // their start is not resolved yet
	assigned     []Commit
	fault        error                   // met in a callback; ends the session
	awaited      map[Partition]time.Time // assigned since, and their offsets are not known
	toldWithheld bool

	waits map[Partition]*waiting // held by the stage
	marks marks

	paused bool // all topics are

	onProduced func(*kgo.Record, error) // promise, bound once: a method value costs an allocation a record
	looked     time.Time                // for partitions that nobody holds
	orphans    []Partition              // as of the last look

	produced sync.Mutex
	failure  error // of the first record that could not be published
}

// newSession joins the group; its client lives as long as life.
func newSession(ctx, life context.Context, config *Config) (*session, error) {
	s := &session{config: config, balancer: newBalancer(config.Lead, config.Followers), waits: map[Partition]*waiting{}, awaited: map[Partition]time.Time{}}
	s.onProduced = s.promise
	opts := append([]kgo.Opt{}, config.Client...)
	opts = append(opts,
		kgo.WithContext(life),
		kgo.ConsumerGroup(config.Group),
		kgo.ConsumeTopics(config.topics()...),
		kgo.Balancers(s.balancer),
		kgo.BlockRebalanceOnPoll(),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		// Positions then reach the end of a topic that transactions write to.
		kgo.KeepControlRecords(),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.OnPartitionsAssigned(s.onAssigned),
		kgo.OnPartitionsRevoked(s.onRevoked),
		kgo.OnPartitionsLost(s.onRevoked),
		kgo.OnOffsetsFetched(s.onOffsetsFetched),
		kgo.AdjustFetchOffsetsFn(s.onOffsets),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
	)
	if config.MaxMessage != nil {
		opts = append(opts, kgo.ProducerBatchMaxBytesFn(config.MaxMessage))
	}
	s.marks.doubtful.Store(true) // of what the predecessor has left
	opts = append(opts, kgo.WithHooks(&s.marks))
	var pools []kgo.Pool
	if config.Recycle {
		pools = []kgo.Pool{&pool{}}
		opts = append(opts, kgo.WithPools(pools...))
	}
	if config.Inflation != nil {
		opts = append(opts, config.Inflation(pools...)...)
	}
	if config.Hooks != nil {
		opts = append(opts, kgo.WithHooks(config.Hooks()...))
	}
	if config.Instance != "" {
		opts = append(opts, kgo.InstanceID(config.Instance))
	}
	var err error
	if config.Delivery == ExactlyOnce {
		opts = append(opts, kgo.TransactionalID(config.TransactionalID))
		if s.txn, err = kgo.NewGroupTransactSession(opts...); err == nil {
			s.client = s.txn.Client()
		}
	} else {
		s.client, err = kgo.NewClient(append(opts, kgo.DisableAutoCommit())...)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: kafka client: %w", config.Name, err)
	}
	if s.txn != nil {
		// Fences our own orphan transaction now; otherwise its pending offsets
		// hold up the first poll for the whole transaction timeout (R1).
		if _, _, err := s.client.ProducerID(ctx); err != nil {
			s.client.Close()
			if life.Err() != nil { // it was joining already
				err = errors.Join(err, s.farewell())
			}
			return nil, fmt.Errorf("%s: transactional id %s: %w", config.Name, config.TransactionalID, err)
		}
	}
	return s, nil
}

func (s *session) onAssigned(_ context.Context, client *kgo.Client, added map[string][]int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	client.PauseFetchPartitions(added)
	s.joined, s.changed = client, true
	s.await(added, time.Now())
}

func (s *session) onRevoked(_ context.Context, client *kgo.Client, lost map[string][]int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	client.ResumeFetchPartitions(lost) // a pause would survive until the partition returns
	s.changed = true
	for topic, ids := range lost {
		for _, id := range ids {
			p := Partition{topic, id}
			s.revoked = append(s.revoked, p)
			delete(s.awaited, p)
			s.fetched, s.assigned = without(s.fetched, p), without(s.assigned, p)
		}
	}
}

func without(commits []Commit, p Partition) []Commit {
	kept := commits[:0]
	for _, c := range commits {
		if c.Partition != p {
			kept = append(kept, c)
		}
	}
	return kept
}

// onOffsetsFetched keeps what the group had committed; onOffsets runs right
// after it in the same goroutine.
func (s *session) onOffsetsFetched(_ context.Context, _ *kgo.Client, resp *kmsg.OffsetFetchResponse) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if p.ErrorCode != 0 { // kgo would drop the partition from this session; join again instead
				return fmt.Errorf("offset of %s/%d: %w", t.Topic, p.Partition, kerr.ErrorForCode(p.ErrorCode))
			}
			c := Commit{Partition: Partition{t.Topic, p.Partition}, Offset: p.Offset}
			if p.Metadata != nil {
				c.Metadata = *p.Metadata
			}
			s.fetched = append(without(s.fetched, c.Partition), c)
		}
	}
	return nil
}

// onOffsets resolves "the start" to an exact offset, because the first abort
// would otherwise rewind to offset 0 (F5), and compares the others with the logs.
func (s *session) onOffsets(ctx context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	s.mu.Lock()
	client := s.joined
	s.mu.Unlock()
	logs, err := listLogs(ctx, client, s.config.topics()...)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.fetched {
		c := &s.fetched[i]
		start, err := logs.start(c.Partition)
		if err != nil {
			return nil, err
		}
		lost := logs.lost(c.Partition, c.Offset)
		switch {
		case c.Offset < 0:
			c.Offset, c.Metadata = start, ""
		case lost == nil:
			continue
		case s.config.accepts(lost):
			c.Lost = start - c.Offset
			s.config.Log.Error("records were lost, which is accepted", "stage", s.config.Name, "topic", c.Topic, "partition", c.ID, "from", c.Offset, "to", start-1)
		default:
			s.fault = errors.Join(s.fault, lost)
			continue
		}
		if offsets[c.Topic] != nil {
			offsets[c.Topic][c.ID] = kgo.NewOffset().At(start)
		}
	}
	if s.fault != nil {
		return nil, s.fault
	}
	for _, c := range s.fetched {
		delete(s.awaited, c.Partition)
	}
	// All at once: what belongs together is handed over together.
	s.assigned, s.fetched = append(s.assigned, s.fetched...), nil
	return offsets, nil
}

// settle clears the mark by which the session would abort the next commit
// after a rebalance, and re-arms the delivery of revocations (F1). It must
// run before a poll: after one it would drop what was polled.
func (s *session) settle(ctx context.Context) error {
	s.mu.Lock()
	changed := s.changed
	s.changed = false
	s.mu.Unlock()
	if s.txn == nil || !changed {
		return nil
	}
	if err := s.txn.Begin(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.EndTimeout)
	defer cancel()
	_, err := s.txn.End(ctx, kgo.TryAbort)
	return err
}

// handover returns what the group took from the held partitions and gave
// since the last call. A revocation that was swallowed shows because the
// latest assignment lacks the partition; one that came back is both taken and given.
// The assignment may be newer than what was polled, for only the callbacks wait
// until polled records are done with: it then counts at the next call, and what
// becomes of the records is not committed (checkOwned).
func (s *session) handover(held map[Partition]bool, fetches kgo.Fetches) (revoked []Partition, assigned []Commit) {
	newer := s.checkOwned(fetches, &Output{}) != nil
	s.mu.Lock()
	defer s.mu.Unlock()
	gone := map[Partition]bool{}
	for _, p := range s.revoked {
		gone[p] = true
	}
	s.revoked = nil
	assigned, s.assigned = s.assigned, nil
	for _, c := range assigned {
		gone[c.Partition] = true
	}
	for p := range held {
		if gone[p] || !newer && !s.balancer.owns(p.Topic, p.ID) {
			revoked = append(revoked, p)
		}
	}
	return revoked, assigned
}

// pause stops polling from every topic, or lets it go on.
func (s *session) pause(on bool) {
	if on == s.paused {
		return
	}
	if s.paused = on; on {
		s.client.PauseFetchTopics(s.config.topics()...)
	} else {
		s.client.ResumeFetchTopics(s.config.topics()...)
	}
}

// resume lets partitions be read, but for those that were assigned anew since
// the last handover: the stage has yet to hear of that, and must not get their
// records before.
func (s *session) resume(partitions []Partition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	topics := map[string][]int32{}
	for _, p := range partitions {
		if !s.coming(p) {
			topics[p.Topic] = append(topics[p.Topic], p.ID)
		}
	}
	s.client.ResumeFetchPartitions(topics)
}

// coming reports whether a partition is on its way to the stage.
func (s *session) coming(p Partition) bool {
	_, awaited := s.awaited[p]
	is := func(c Commit) bool { return c.Partition == p }
	return awaited || slices.ContainsFunc(s.fetched, is) || slices.ContainsFunc(s.assigned, is)
}

func (s *session) promise(r *kgo.Record, err error) {
	if err == nil {
		return
	}
	s.produced.Lock()
	defer s.produced.Unlock()
	if s.failure != nil {
		return
	}
	if errors.Is(err, kerr.MessageTooLarge) { // it would be so again in the next session
		s.failure = fmt.Errorf("%w: a record of %d bytes is more than topic %s takes: raise its max.message.bytes", ErrFatal, RecordBytes(r), r.Topic)
	} else {
		s.failure = fmt.Errorf("publish to %s/%d: %w", r.Topic, r.Partition, err)
	}
}

func (s *session) takeFailure() error {
	s.produced.Lock()
	defer s.produced.Unlock()
	err := s.failure
	s.failure = nil
	return err
}

// close leaves the group.
func (s *session) close() {
	s.client.CloseAllowingRebalance()
}
