package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hindsight/app/config"
	"hindsight/app/telemetry"
	"hindsight/consumer"
	"hindsight/schemas"
)

// coreWorld runs a case: producers, SCORE, members of JOIN and WATCH take
// steps in an order that the dice decide, around a broker that keeps its word
// and no more.
type coreWorld struct {
	ctx     context.Context
	c       *coreCase
	d       *dice
	config  *config.Config // of SCORE and WATCH: its horizon covers those of JOIN
	broker  *coreBroker
	metrics *telemetry.Metrics
	met     *coreMet

	left    [][]coreInput // what is not produced yet, by source
	inputs  map[sourceID][]coreInput
	began   time.Time
	now     time.Time // of the machines, jumps apart
	jump    time.Duration
	steady  steadyClock
	scorers []*coreScorer
	members []*coreMember
	watcher *coreWatcher
	owner   []int // of a partition of scores: which member
	feeder  []int // of a partition of labels, where they are spread on their own
	ends    *ends
	version int // of the configuration
	old     []*coreDisk
}

// coreMet counts what a run has met, so that no test is about nothing.
type coreMet struct {
	outcomes                             map[schemas.Kind]int
	fates                                map[schemas.Fate]int
	alarms                               map[schemas.AlarmState]int
	feed                                 map[string]int // by rule and state
	retractions, lifts, lifted, settings int
	early, jumps                         int
	crashes, midTick, unapplied, aborts  int
	caughtUp, rebuilt, rebuiltShort      int
	handovers, watchRestarts, refolded   int
	withdrawn, finals, deadLetters       int
	panics                               int
	backlogs, histories, twins           int
}

func newCoreMet() *coreMet {
	return &coreMet{outcomes: map[schemas.Kind]int{}, fates: map[schemas.Fate]int{}, alarms: map[schemas.AlarmState]int{}, feed: map[string]int{}}
}

func newCoreWorld(ctx context.Context, c *coreCase, schedule uint64, metrics *telemetry.Metrics, met *coreMet) (*coreWorld, error) {
	w := &coreWorld{
		ctx: ctx, c: c, d: newDice(c.Seed, 1000+schedule), broker: newCoreBroker(), metrics: metrics, met: met,
		inputs: map[sourceID][]coreInput{}, began: seconds(0).Time(), owner: make([]int, c.Scores), feeder: make([]int, c.Labels),
	}
	w.config = c.config(0)
	w.config.Labels.Horizon = time.Duration(slices.Max(append(c.OfSide, c.Horizons...))) * time.Minute
	w.config.Labels.Horizons = nil
	w.d.bytes = slices.Clone(c.Steps)
	w.now = w.began
	w.steady = steadyClock{began: w.began, wall: func() time.Time { return w.now.Add(w.jump) }, elapsed: func() time.Duration { return w.now.Sub(w.began) }}
	bySource := map[sourceID]int{}
	for _, x := range c.Inputs {
		id := sourceID{"events", x.Partition}
		if x.Label {
			id.topic = "labels"
		}
		i, ok := bySource[id]
		if !ok {
			i = len(w.left)
			bySource[id] = i
			w.left = append(w.left, nil)
		}
		w.left[i] = append(w.left[i], x)
	}
	for e := range c.Events {
		w.broker.log("events", e)
		w.scorers = append(w.scorers, &coreScorer{w: w, id: e})
	}
	for range 1 + w.d.n(2) {
		w.members = append(w.members, newCoreMember(w, len(w.members)))
	}
	for p := range w.owner {
		w.owner[p] = w.d.n(len(w.members))
	}
	for l := range w.feeder {
		w.feeder[l] = w.d.n(len(w.members))
	}
	for _, m := range w.members {
		if err := m.begin(); err != nil {
			return nil, err
		}
	}
	w.watcher = &coreWatcher{w: w}
	return w, w.watcher.begin()
}

// run lets everything happen, then ends the inputs and reads them to their end.
func (w *coreWorld) run() error {
	held := 0
	if w.c.Stalls && len(w.left) > 1 {
		held = 1 // the first source comes when all others have ended
		w.met.backlogs++
	}
	for w.remaining(held) > 0 {
		if err := w.step(held); err != nil {
			return err
		}
	}
	for w.remaining(0) > 0 {
		if err := w.step(0); err != nil {
			return err
		}
	}
	for range w.d.n(40) {
		if err := w.step(0); err != nil {
			return err
		}
	}
	return w.drain()
}

func (w *coreWorld) remaining(from int) (n int) {
	for _, s := range w.left[from:] {
		n += len(s)
	}
	return n
}

// step lets somebody do something.
func (w *coreWorld) step(held int) error {
	if w.c.Idle {
		w.now = w.now.Add(time.Duration(w.d.n(20)) * time.Second)
	}
	if w.c.Jumps && w.d.one(10) {
		w.jump = []time.Duration{0, time.Hour, -time.Hour, 40 * time.Millisecond}[w.d.n(4)]
		w.met.jumps++
	}
	switch k := w.d.n(16); {
	case k < 4:
		w.produce(held)
	case k < 6:
		return w.scorers[w.d.n(len(w.scorers))].step()
	case k < 7:
		if len(w.broker.flying) > 0 {
			w.broker.deliver(w.broker.flying[w.d.n(len(w.broker.flying))], w.d)
		}
	case k < 13:
		return w.members[w.d.n(len(w.members))].step()
	case k < 15:
		return w.watcher.step()
	default:
		if !w.c.Calm && w.d.one(4) {
			return w.handover()
		}
	}
	return nil
}

// produce appends the next inputs of one source.
func (w *coreWorld) produce(held int) {
	s := held + w.d.n(len(w.left)-held)
	for range 1 + w.d.n(3) {
		if len(w.left[s]) == 0 {
			return
		}
		x := w.left[s][0]
		w.left[s] = w.left[s][1:]
		if at := w.began.Add(time.Duration(x.At) * time.Second); at.After(w.now) {
			w.now = at
		}
		r := x.record()
		w.inputs[sourceID{r.Topic, r.Partition}] = append(w.inputs[sourceID{r.Topic, r.Partition}], x)
		w.broker.append(nil, r)
	}
}

// handover moves a partition to some member, by way of a rebalance.
func (w *coreWorld) handover() error {
	w.met.handovers++
	to := w.d.n(len(w.members))
	if w.c.Labels != w.c.Scores && w.d.one(2) {
		l := w.d.n(len(w.feeder))
		return w.move(w.feeder[l], to, nil, []int32{int32(l)})
	}
	p := w.d.n(len(w.owner))
	return w.move(w.owner[p], to, []int32{int32(p)}, nil)
}

func (w *coreWorld) move(from, to int, parts, feeds []int32) error {
	for _, m := range []*coreMember{w.members[from], w.members[to]} {
		if err := m.finish(w.d.one(2)); err != nil {
			return err
		}
	}
	w.members[from].revoke(parts, feeds)
	for _, p := range parts {
		w.owner[p] = to
	}
	for _, l := range feeds {
		w.feeder[l] = to
	}
	return w.members[to].assign(parts, feeds)
}

// drain ends the inputs, starts everything anew for a bounded run, and lets
// it come to its end. Nothing fails any more, but somebody may still be slow.
func (w *coreWorld) drain() error {
	w.jump = 0
	for _, s := range w.scorers {
		for s.txn != nil || s.behind() {
			if err := s.step(); err != nil {
				return err
			}
		}
	}
	w.ends = &ends{at: map[string]map[int32]int64{"events": {}, "labels": {}}}
	for e := range w.c.Events {
		w.ends.at["events"][e] = w.broker.log("events", e).end()
	}
	for l := range w.c.Labels {
		w.ends.at["labels"][l] = w.broker.log("labels", l).end()
	}
	w.c = &coreCase{Calm: true, Seed: w.c.Seed, Events: w.c.Events, Labels: w.c.Labels, Scores: w.c.Scores, ByRecord: w.c.ByRecord,
		Assumed: w.c.Assumed, Conflicts: w.c.Conflicts, Horizons: w.c.Horizons, OfSide: w.c.OfSide}
	for _, m := range w.members {
		if err := m.restart(); err != nil {
			return err
		}
	}
	for round := 0; ; round++ {
		busy := false
		for _, m := range w.members {
			if m.idle() {
				continue
			}
			busy = true
			if err := m.step(); err != nil {
				return err
			}
		}
		w.broker.settleAll(w.d)
		if !busy {
			break
		}
		if round > 2000 {
			return fmt.Errorf("time stands still: a bounded run does not come to its end: %v", w.standing())
		}
	}
	for w.watcher.txn != nil || w.watcher.behind() {
		if err := w.watcher.step(); err != nil {
			return err
		}
		w.broker.settleAll(w.d)
	}
	w.met.early += w.broker.early
	return nil
}

// standing tells where everybody stands.
func (w *coreWorld) standing() (all []string) {
	for _, m := range w.members {
		for id, p := range m.stage.parts {
			all = append(all, fmt.Sprintf("member %d scores/%d at %d of %d, rerouted at %d of %d, closed %v, gate %v, last %v, ended %v, logging %v",
				m.id, id, p.scores, w.broker.log("scores", id).end(), p.rerouted, w.broker.log("labels-rerouted", id).end(), p.join.Closed(), p.gate, p.last, p.ended, p.logging))
		}
		for id, f := range m.stage.feeds {
			all = append(all, fmt.Sprintf("member %d labels/%d at %d of %d", m.id, id, f.stagedAt, w.broker.log("labels", id).end()))
		}
	}
	return all
}

// coreScorer is SCORE for one partition of events: it stamps arrivals and
// publishes scores with the clock of its source.
type coreScorer struct {
	w         *coreWorld
	id        int32
	known     bool // committed is what the broker holds
	committed sourceCommit
	at        int64
	txn, last *coreTxn
	staged    sourceCommit
	stagedAt  int64
}

func (s *coreScorer) behind() bool {
	return !s.known || s.at < s.w.broker.log("events", s.id).end()
}

func (s *coreScorer) step() error {
	w := s.w
	if s.txn != nil {
		commit := w.c.Calm || !w.d.one(5)
		w.broker.endTxn(s.txn, commit)
		if s.last = s.txn; commit {
			s.committed, s.at = s.staged, s.stagedAt
		}
		if s.txn = nil; !w.c.Calm && w.d.one(6) {
			s.known = false // the process died: the next one asks the broker
		}
		return nil
	}
	w.broker.settle(s.last, w.d)
	if !s.known {
		commit := w.broker.commits[sourceID{"events", s.id}]
		s.committed, s.at, s.known = newSourceCommit(), commit.offset, true
		if err := decodeCommit("events", s.id, commit.metadata, &s.committed); err != nil {
			return err
		}
	}
	log := w.broker.log("events", s.id)
	to := min(log.end(), s.at+int64(1+w.d.n(3)))
	if s.at == to {
		return nil
	}
	s.staged, s.stagedAt = s.committed, to
	out := consumer.Output{Commits: map[consumer.Partition]consumer.Commit{}}
	for offset := s.at; offset < to; offset++ {
		if err := s.score(offset, &out); err != nil {
			return err
		}
	}
	out.Commit("events", s.id, to, encodeCommit(s.staged))
	s.txn = w.broker.begin(&out)
	return nil
}
