package consumer

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"hindsight/consumer/faultnet"
)

// bed is a broker with records in `in`, and members of one group that fold them
// into `out`. Whatever struck, judge holds it to the laws: every input once in
// the read-committed output, the state that each output tells equal to the fold
// of the log before it, and committed offsets that never decrease.
type bed struct {
	t          testing.TB
	cluster    *kfake.Cluster
	dial       faultnet.Dialer
	partitions int32
	delivery   Delivery
	timeouts   []kgo.Opt
	tune       func(*Config)
	strike     *faultnet.Strike // at the next member that starts
	stay       bool             // the next member that starts does not end by itself

	produced int
	commits  atomic.Int64 // transactions that a stage was told of
	aborts   atomic.Int64
	samples  atomic.Int64 // of the committed offsets
	mu       sync.Mutex
	highest  map[int32]int64
	next     chan struct{} // closed at the next commit
	running  sync.WaitGroup
}

const bedGroup = "g"

// newBed starts a broker; its members miss a dead one after a second.
func newBed(t testing.TB, partitions int32, opts ...kfake.Opt) *bed {
	t.Helper()
	b := &bed{t: t, dial: faultnet.TCP().Dial, partitions: partitions, highest: map[int32]int64{}, timeouts: []kgo.Opt{
		kgo.SessionTimeout(time.Second), kgo.RebalanceTimeout(2 * time.Second), kgo.HeartbeatInterval(50 * time.Millisecond),
		kgo.TransactionTimeout(3 * time.Second), kgo.MetadataMinAge(20 * time.Millisecond), kgo.FetchMaxWait(50 * time.Millisecond),
		kgo.RetryBackoffFn(func(int) time.Duration { return 10 * time.Millisecond }), kgo.RequestTimeoutOverhead(time.Second),
		kgo.ProduceRequestTimeout(time.Second),
	}}
	b.open(append([]kfake.Opt{kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(time.Millisecond)}, opts...))
	return b
}

func (b *bed) open(opts []kfake.Opt) {
	b.t.Helper()
	var err error
	if b.cluster, err = kfake.NewCluster(append(opts, kfake.SeedTopics(b.partitions, "in", "out"))...); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { b.running.Wait(); b.cluster.Close() })
	for _, key := range []kmsg.Key{kmsg.EndTxn, kmsg.TxnOffsetCommit, kmsg.OffsetCommit, kmsg.OffsetFetch, kmsg.Heartbeat} {
		b.cluster.ControlKey(int16(key), func(kmsg.Request) (kmsg.Response, error, bool) {
			b.cluster.KeepControl()
			b.sample()
			return nil, nil, false
		})
	}
}

// sample compares the committed offsets with those before.
func (b *bed) sample() {
	g := b.cluster.GroupInfo(bedGroup)
	if g == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.samples.Add(1)
	for p, c := range g.Commits["in"] {
		if c.Offset < b.highest[p] {
			b.t.Errorf("committed offset of in/%d went back from %d to %d", p, b.highest[p], c.Offset)
		}
		b.highest[p] = c.Offset
	}
}

// drained reports whether everything that was produced is committed.
func (b *bed) drained() bool {
	g := b.cluster.GroupInfo(bedGroup)
	if g == nil {
		return false
	}
	var n int64
	for _, c := range g.Commits["in"] {
		var s foldState
		s.parse(c.Metadata)
		n += s.n
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return n >= int64(b.produced)
}

func (b *bed) client(net *faultnet.Net, more ...kgo.Opt) []kgo.Opt {
	opts := append([]kgo.Opt{kgo.SeedBrokers(b.cluster.ListenAddrs()...), kgo.Dialer(net.Dial)}, b.timeouts...)
	return append(opts, more...)
}

// produce appends n records to in, spread over its partitions.
func (b *bed) produce(n int) {
	b.t.Helper()
	cl := newClient(b.t, b.client(b.net(), kgo.RecordPartitioner(kgo.ManualPartitioner())))
	defer cl.Close()
	for range n {
		b.mu.Lock()
		i := b.produced
		b.produced++
		b.mu.Unlock()
		cl.Produce(b.t.Context(), &kgo.Record{Topic: "in", Partition: int32(i) % b.partitions, Key: []byte(strconv.Itoa(i))}, func(_ *kgo.Record, err error) {
			if err != nil {
				b.t.Error(err)
			}
		})
	}
	if err := cl.Flush(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// committed counts a transaction and wakes up who waits for the next.
func (b *bed) committed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.commits.Add(1)
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}

// nextCommit waits until a transaction stands, or a little where none does.
func (b *bed) nextCommit() {
	b.mu.Lock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	next := b.next
	b.mu.Unlock()
	select {
	case <-next:
	case <-time.After(50 * time.Millisecond):
	}
}

func (b *bed) net() *faultnet.Net { return faultnet.New(b.dial) }

func (b *bed) config(id string, net *faultnet.Net, more ...kgo.Opt) Config {
	return Config{
		Name: "fold", Client: b.client(net, more...), Group: bedGroup, TransactionalID: id, Delivery: b.delivery,
		CommitInterval: 2 * time.Millisecond, EndTimeout: 3 * time.Second, MaxRecords: 20, Lead: "in", Log: slog.New(slog.DiscardHandler),
	}
}

// member is a process of the group.
type member struct {
	bed    *bed
	net    *faultnet.Net
	stage  *foldStage
	stay   atomic.Bool // do not end by itself
	dying  atomic.Bool // for tests that crash it in its stage
	cancel context.CancelFunc
	done   chan struct{}
	err    error // once done
}

// start runs a member with a transactional id. It ends when everything is
// committed, or when it is stopped or crashes; at is called at the named points
// of its stage.
func (b *bed) start(id string, at func(m *member, point string), more ...kgo.Opt) *member {
	return b.startWith(id, at, b.strike, more...)
}

func (b *bed) startWith(id string, at func(m *member, point string), strike *faultnet.Strike, more ...kgo.Opt) *member {
	m := &member{bed: b, net: b.net(), done: make(chan struct{})}
	m.stay.Store(b.stay)
	if strike != nil {
		m.net.Strike(strike)
	}
	m.stage = &foldStage{member: m, at: at, states: map[int32]foldState{}}
	var ctx context.Context
	ctx, m.cancel = context.WithCancel(context.Background())
	config := b.config(id, m.net, more...)
	if b.tune != nil {
		b.tune(&config)
	}
	b.running.Add(2)
	go func() {
		defer b.running.Done()
		select {
		case <-m.net.Down(): // dead: what its goroutines still do reaches nobody
			m.cancel()
		case <-m.done:
		}
	}()
	go func() {
		defer b.running.Done()
		defer close(m.done)
		m.err = Run(ctx, config, m.stage)
	}()
	return m
}

// crash kills the member without a farewell.
func (m *member) crash() { m.net.Cut() }

// end waits for a member that must end by itself and without an error.
func (m *member) end() {
	m.bed.t.Helper()
	<-m.done
	if m.err != nil {
		m.bed.t.Error(m.err)
	}
}

// foldState is what a partition's records fold into.
type foldState struct {
	n   int64
	sum uint64
}

func (s *foldState) add(key []byte) {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%d %d %s", s.n, s.sum, key)
	s.n, s.sum = s.n+1, h.Sum64()
}

func (s foldState) String() string { return fmt.Sprintf("%d %d", s.n, s.sum) }

func (s *foldState) parse(text string) { _, _ = fmt.Sscanf(text, "%d %d", &s.n, &s.sum) }

// foldStage publishes each record with the state that it led to. The state
// moves as JOIN's does: staged by Process, applied by Committed, and read again
// from the log on Assign.
type foldStage struct {
	member *member
	at     func(*member, string)
	states map[int32]foldState
	staged map[int32]foldState
}

func (s *foldStage) point(name string) {
	if s.at != nil {
		s.at(s.member, name)
	}
}

func (s *foldStage) Assign(ctx context.Context, commits []Commit) error {
	s.point("assign")
	defer s.point("assigned")
	for _, c := range commits {
		records, err := s.member.bed.read(ctx, s.member.net, "in", c.ID, c.Offset)
		if err != nil {
			return err
		}
		var folded, told foldState
		for _, r := range records {
			folded.add(r.Key)
		}
		if told.parse(c.Metadata); told != folded {
			s.member.bed.t.Errorf("in/%d at %d: the commit tells state %v, the log folds to %v", c.ID, c.Offset, told, folded)
		}
		s.states[c.ID] = folded
	}
	return nil
}

func (s *foldStage) Revoke(partitions []Partition) {
	s.point("revoke")
	for _, p := range partitions {
		delete(s.states, p.ID)
	}
}

func (s *foldStage) Process(_ context.Context, _ time.Time, fetches kgo.Fetches, out *Output) error {
	s.staged = map[int32]foldState{}
	if fetches.NumRecords() == 0 {
		s.point("idle")
		out.Done = !s.member.stay.Load() && s.member.bed.drained()
		return nil
	}
	s.point("process")
	var fault error
	fetches.EachRecord(func(r *kgo.Record) {
		state, mine := s.staged[r.Partition]
		if !mine {
			if state, mine = s.states[r.Partition]; !mine {
				fault = fmt.Errorf("records of in/%d, which is not held", r.Partition)
				return
			}
		}
		state.add(r.Key)
		s.staged[r.Partition] = state
		out.Publish(&kgo.Record{Topic: "out", Partition: r.Partition, Key: slices.Clone(r.Key), Value: []byte(state.String())})
		out.Commit("in", r.Partition, r.Offset+1, state.String())
	})
	s.point("processed")
	return fault
}

func (s *foldStage) Committed() error {
	s.point("committed")
	s.member.bed.committed()
	for p, state := range s.staged {
		s.states[p] = state
	}
	s.point("applied")
	return nil
}

func (s *foldStage) Aborted() error {
	if len(s.staged) > 0 {
		s.member.bed.aborts.Add(1)
	}
	s.point("aborted")
	return nil
}

// read returns the committed records of a partition up to an offset, -1: its end.
func (b *bed) read(ctx context.Context, net *faultnet.Net, topic string, partition int32, to int64) ([]*kgo.Record, error) {
	cl, err := kgo.NewClient(b.client(net, kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {partition: kgo.NewOffset().AtStart()}}))...)
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	adm := kadm.NewClient(cl)
	starts, err := adm.ListStartOffsets(ctx, topic)
	if err != nil {
		return nil, err
	}
	if to < 0 {
		ends, err := adm.ListEndOffsets(ctx, topic)
		if err != nil {
			return nil, err
		}
		end, _ := ends.Lookup(topic, partition)
		to = end.Offset
	}
	start, _ := starts.Lookup(topic, partition)
	var records []*kgo.Record
	for at := start.Offset; at < to; {
		fetches := cl.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if at = r.Offset + 1; !r.Attrs.IsControl() && r.Offset < to {
				records = append(records, r)
			}
		})
	}
	return records, nil
}

// judge waits until all members have ended and holds in and out against each other.
func (b *bed) judge() {
	b.t.Helper()
	b.running.Wait()
	b.sample()
	if b.samples.Load() == 0 {
		b.t.Error("the committed offsets were never looked at")
	}
	net, total := b.net(), 0
	for p := range b.partitions {
		in, err := b.read(context.Background(), net, "in", p, -1)
		out, err2 := b.read(context.Background(), net, "out", p, -1)
		if err := errors.Join(err, err2); err != nil {
			b.t.Error(err)
			continue
		}
		var want, got []string
		var state foldState
		for _, r := range in {
			state.add(r.Key)
			want = append(want, fmt.Sprintf("%s: %v", r.Key, state))
		}
		for _, r := range out {
			got = append(got, fmt.Sprintf("%s: %s", r.Key, r.Value))
		}
		if b.delivery == AtLeastOnce {
			got = lastOfEach(got)
		}
		total += len(want)
		if diff := cmp.Diff(want, got); diff != "" {
			b.t.Errorf("out/%d (-fold of the log +published):\n%.2000s", p, diff)
		}
	}
	if total == 0 {
		b.t.Error("nothing was folded")
	}
}

// lastOfEach keeps the last copy of each line: at least once repeats what it
// had published, unchanged.
func lastOfEach(lines []string) []string {
	last := map[string]int{}
	for i, line := range lines {
		last[line] = i
	}
	var kept []string
	for i, line := range lines {
		if last[line] == i {
			kept = append(kept, line)
		}
	}
	return kept
}

// together runs n cases at a time as subtests: they wait more than they work.
func together[C fmt.Stringer](t *testing.T, n int, cases []C, run func(*testing.T, C)) {
	queue := make(chan C)
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			for c := range queue {
				t.Run(c.String(), func(t *testing.T) { run(t, c) })
			}
		})
	}
	for _, c := range cases {
		queue <- c
	}
	close(queue)
	group.Wait()
}
