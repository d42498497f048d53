package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/rules"
	"hindsight/consumer"
	"hindsight/drift"
	"hindsight/labels"
	"hindsight/labels/store"
	"hindsight/schemas"
)

// assign takes partitions over as joinStage.Assign does, reading the simulated
// logs where that reads Kafka.
func (m *coreMember) assign(parts, feeds []int32) error {
	w, s := m.w, m.stage
	for _, other := range w.members { // a reader of committed records waits for open transactions
		if other != m {
			if err := other.finish(w.d.one(2)); err != nil {
				return err
			}
		}
	}
	w.broker.settleAll(w.d)
	m.sample, m.phase = nil, 0
	if s.coPartitioned() {
		feeds = parts
	}
	for _, id := range feeds {
		c := w.broker.commits[sourceID{"labels", id}]
		f := &labelFeed{id: id, next: c.offset, committed: newSourceCommit()}
		if err := decodeCommit("labels", id, c.metadata, &f.committed); err != nil {
			return err
		}
		if len(f.committed.Marks) == 0 {
			f.committed.Marks = []clockMark{{f.next, f.committed.Clock}}
		}
		f.staged, f.stagedAt = f.committed, f.next
		s.feeds[id] = f
	}
	for _, id := range parts {
		scores, rerouted := w.broker.commits[sourceID{"scores", id}], w.broker.commits[sourceID{"labels-rerouted", id}]
		a := assignment{id: id, scores: scores.offset, rerouted: rerouted.offset, labels: -1, metadata: scores.metadata}
		if s.coPartitioned() {
			a.labels, a.feed = w.broker.commits[sourceID{"labels", id}].offset, s.feeds[id].committed
		}
		s.publish.ends[id] = w.broker.log("outcomes", id).end()
		join, err := m.recover(a)
		if err != nil {
			return fmt.Errorf("recover partition %d: %w", id, err)
		}
		s.parts[id] = &joinPartition{
			id: id, join: join, scores: a.scores, rerouted: a.rerouted, gate: join.Closed(), carried: w.steady.now(), seen: map[sourceID]int64{},
		}
	}
	return nil
}

func (m *coreMember) recover(a assignment) (*labels.Join, error) {
	committed := newJoinCommit()
	if err := decodeCommit("scores", a.id, a.metadata, &committed); err != nil {
		return nil, err
	}
	f := fold{recovery: m.stage.recover, store: m.disk, a: a, target: committed.Status}
	if a.metadata == "" {
		join, err := f.wiped()
		if err != nil {
			return nil, err
		}
		return join, m.fold(&f, join, f.offsets(), func(store.Batch) (bool, error) { return true, nil })
	}
	settle := func(join *labels.Join) func(store.Batch) (bool, error) {
		return func(b store.Batch) (bool, error) { return join.Settle(b, f.target) }
	}
	join, err := m.stage.recover.open(m.disk, a.id)
	if err == nil && usable(&f, join.Offsets()) {
		m.w.met.caughtUp++
		err = m.fold(&f, join, join.Offsets(), settle(join))
		if err == nil || !errors.Is(err, labels.ErrDiverged) {
			return join, err
		}
		return nil, fmt.Errorf("a state that was caught up: %w", err)
	}
	if err != nil && !errors.Is(err, labels.ErrForeign) && !errors.Is(err, labels.ErrUnfinished) {
		return nil, err
	}
	m.w.met.rebuilt++
	if f.target.Floors.Scores > 0 || f.target.Floors.Labels > 0 || f.target.Floors.Rerouted > 0 {
		m.w.met.rebuiltShort++
	}
	if join, err = f.wiped(); err != nil {
		return nil, err
	}
	decided, outcomes := labels.NewDecided(f.target.Floors), m.w.broker.log("outcomes", a.id)
	if err := outcomes.committed(f.target.Floors.Outcomes, outcomes.end(), func(r *kgo.Record) error {
		var o schemas.Outcome
		if err := decodeOwn(r, schemas.OutcomeRecord, o.DecodeAvro); err != nil {
			return err
		}
		decided.Add(&o)
		return nil
	}); err != nil {
		return nil, err
	}
	if err := join.Rebuild(f.target, decided); err != nil {
		return nil, err
	}
	return join, m.fold(&f, join, f.target.Floors, settle(join))
}

// usable is fold.unusable without the question whether the logs still hold it.
func usable(f *fold, have labels.Offsets) bool {
	_, known := f.a.feed.before(have.Labels)
	return have != labels.Offsets{} && have.Scores <= f.a.scores && have.Rerouted <= f.a.rerouted &&
		(f.a.labels < 0 || have.Labels <= f.a.labels && known)
}

// fold is fold.apply on the simulated logs.
func (m *coreMember) fold(f *fold, join *labels.Join, from labels.Offsets, settle func(store.Batch) (bool, error)) (err error) {
	b := m.disk.Begin()
	defer func() { err = errors.Join(err, b.Discard()) }()
	if err := m.decisions(f, join, b, from.Rerouted); err != nil {
		return err
	}
	if err := m.w.broker.log("scores", f.a.id).committed(from.Scores, f.a.scores, func(r *kgo.Record) error {
		score, err := decodeScore(r)
		if err != nil {
			return err
		}
		return join.AddScore(b, score, r.Offset)
	}); err != nil {
		return err
	}
	if err := m.inPlace(f, join, b, from.Labels); err != nil {
		return err
	}
	for done := false; !done; {
		if done, err = settle(b); err != nil {
			return err
		}
		if !done {
			if err := b.Commit(); err != nil {
				return err
			}
			b = m.disk.Begin()
		}
	}
	o := f.offsets()
	o.Outcomes = max(o.Outcomes, join.Offsets().Outcomes)
	join.SetOffsets(o)
	if err := join.Save(b); err != nil {
		return err
	}
	return b.Commit()
}

func (m *coreMember) decisions(f *fold, join *labels.Join, b store.Batch, from int64) error {
	log := m.w.broker.log("labels-rerouted", f.a.id)
	var forwarded []*labels.Label
	if err := log.committed(from, log.end(), func(r *kgo.Record) error {
		rec, err := readRerouted(r)
		switch {
		case err != nil:
			return err
		case rec.lift != nil:
			return join.AddLift(b, rec.lift)
		case rec.settings != nil:
			return join.AddSettings(b, *rec.settings, r.Offset)
		case r.Offset >= f.a.rerouted:
			return nil
		}
		l, err := m.stage.reroutedLabel(m.w.ctx, r, rec.origin)
		forwarded = append(forwarded, l)
		return err
	}); err != nil {
		return err
	}
	for _, l := range forwarded {
		if err := join.AddLabel(b, l); err != nil {
			return err
		}
	}
	return nil
}

func (m *coreMember) inPlace(f *fold, join *labels.Join, b store.Batch, from int64) error {
	if f.a.labels < 0 || from >= f.a.labels {
		return nil
	}
	mark, known := f.a.feed.before(from)
	if !known {
		return fmt.Errorf("the clock of labels/%d at offset %d is not known", f.a.id, from)
	}
	s, clock := m.stage, mark.Clock
	return m.w.broker.log("labels", f.a.id).committed(mark.Offset, f.a.labels, func(r *kgo.Record) error {
		if slices.Contains(f.a.feed.Aside, r.Offset) {
			return nil
		}
		var l labels.Label
		fault, err := s.readLabel(m.w.ctx, r.Value, r.Timestamp.UnixMilli(), &l)
		if err != nil || fault != nil {
			return err
		}
		stamp := s.labelStamp(r, &l)
		if stamp > f.a.feed.Clock {
			return nil
		}
		clock = max(clock, stamp)
		if r.Offset < from || s.place([]byte(l.EventID), s.top.scores) != r.Partition {
			return nil
		}
		l.Arrival, l.Topic, l.Partition, l.Offset, l.Rerouted = clock, strings.Clone(r.Topic), r.Partition, r.Offset, -1
		return join.AddLabel(b, &l)
	})
}

// coreWatcher is WATCH: the real stage, fed by hand.
type coreWatcher struct {
	w         *coreWorld
	stage     *watchStage
	txn, last *coreTxn
}

// begin starts the process, as watchStage.Assign does.
func (x *coreWatcher) begin() error {
	w := x.w
	w.broker.settleAll(w.d)
	cfg := w.config
	s := &watchStage{config: cfg, drift: rules.Watch(cfg), metrics: w.metrics, parts: map[int32]*watchPartition{}, framing: watchFraming{
		window: schemas.SingleObjectFraming(schemas.WindowRecord), alarm: schemas.SingleObjectFraming(schemas.AlarmRecord),
		state: schemas.SingleObjectFraming(schemas.WatchStateRecord),
	}}
	x.stage = s
	commit := w.broker.commits[sourceID{"slices", 0}]
	p := &watchPartition{next: commit.offset, models: map[string]*drift.Watch{}}
	state := watchCommit{Judged: schemas.Beginning, Floor: commit.offset}
	if err := decodeCommit("slices", 0, commit.metadata, &state); err != nil {
		return err
	}
	s.parts[0] = p
	var memory *schemas.WatchState
	log := w.broker.log("watch-state", 0)
	if err := log.committed(0, log.end(), func(r *kgo.Record) error {
		memory = new(schemas.WatchState)
		return decodeOwn(r, schemas.WatchStateRecord, memory.DecodeAvro)
	}); err != nil {
		return err
	}
	if commit.offset > state.Floor {
		w.met.refolded++
	}
	if err := w.broker.log("slices", 0).committed(state.Floor, commit.offset, func(r *kgo.Record) error { return s.add(p, r) }); err != nil {
		return err
	}
	if memory == nil {
		return nil
	}
	d, err := s.watch(p, memory.Model)
	if err != nil {
		return err
	}
	return d.Restore(*memory)
}

func (x *coreWatcher) behind() bool { return x.stage.parts[0].next < x.w.broker.log("slices", 0).end() }

func (x *coreWatcher) step() error {
	w := x.w
	if x.txn != nil {
		return x.endTxn()
	}
	p, log := x.stage.parts[0], w.broker.log("slices", 0)
	records := w.d.some(log.between(p.next, max(p.next, log.stable())), 7)
	if len(records) == 0 {
		return nil
	}
	out := &consumer.Output{Commits: map[consumer.Partition]consumer.Commit{}}
	fetches := kgo.Fetches{{Topics: []kgo.FetchTopic{{Topic: "slices", Partitions: []kgo.FetchPartition{{Records: records}}}}}}
	if err := x.stage.Process(w.ctx, w.now, fetches, out); err != nil {
		return fmt.Errorf("WATCH: %w", err)
	}
	w.broker.settle(x.last, w.d)
	x.txn = w.broker.begin(out)
	return nil
}

func (x *coreWatcher) endTxn() error {
	w, k := x.w, 0
	if !w.c.Calm {
		k = w.d.n(8)
	}
	commit := k < 7
	w.broker.endTxn(x.txn, commit)
	if x.last, x.txn = x.txn, nil; k < 5 {
		return x.stage.Committed()
	}
	w.met.watchRestarts++
	return x.begin()
}
