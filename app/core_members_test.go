package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/memory"
	"hindsight/app/rules"
	"hindsight/consumer"
	"hindsight/labels"
	"hindsight/labels/store"
	"hindsight/schemas"
)

// score is what SCORE makes of one event.
func (s *coreScorer) score(offset int64, out *consumer.Output) error {
	w, x := s.w, s.w.inputs[sourceID{"events", s.id}][offset]
	own, stamp := x.instants()
	s.staged.Read++
	if x.Bad == garbage || rules.CheckEvent(&w.config.Events, own, stamp, schemas.InstantOf(w.steady.now())) != nil {
		s.staged.DeadLetters++
		w.met.deadLetters++
		return nil
	}
	s.staged.Scored++
	if !w.c.ByRecord {
		stamp = own
	}
	s.staged.Clock = max(s.staged.Clock, stamp)
	score := x.score(s.id, offset)
	score.Arrival = s.staged.Clock
	out.Publish(&kgo.Record{
		Topic: "scores", Partition: corePlace(x.ID, w.c.Scores), Key: []byte(x.ID),
		Value: score.AppendAvro(bytes.Clone(schemas.SingleObjectFraming(schemas.ScoreRecord))),
	})
	return nil
}

// score is the answer of a model that is right or wrong as the input says.
func (x *coreInput) score(partition int32, offset int64) schemas.Score {
	own, _ := x.instants()
	score := schemas.Score{
		EventID: x.ID, EventTime: own, SourcePartition: partition, SourceOffset: offset, Model: "m", Version: "1",
		Value: 0.25 + float64(x.Class)/2, Prediction: strconv.Itoa(x.Class), Positive: "1",
		Segments: []schemas.Segment{{Field: "side", Value: string('x' + x.ID[0]%2)}},
	}
	if x.At > 600 {
		score.Version = "2"
	}
	return score
}

func corePlace(id string, n int32) int32 { return consumer.Murmur2([]byte(id), n) }

// coreDisk is JOIN's store of one machine.
type coreDisk struct{ *store.Memory }

func (coreDisk) Bytes() uint64 { return 0 }

// Begin begins a batch that panics when it meets the mark.
func (d *coreDisk) Begin() store.Batch { return crashingBatch{d.Memory.Begin()} }

type crashingBatch struct{ store.Batch }

func (b crashingBatch) Set(key, value []byte) error {
	if bytes.Contains(value, []byte(crashMark)) {
		panic("the planted one")
	}
	return b.Batch.Set(key, value)
}

func (d *coreDisk) clone() (*coreDisk, error) {
	to := &coreDisk{store.NewMemory()}
	b := to.Begin()
	if err := d.Scan([]byte{0}, bytes.Repeat([]byte{255}, 9), func(key, value []byte) (bool, error) { return true, b.Set(key, value) }); err != nil {
		return nil, err
	}
	return to, b.Commit()
}

// coreMember is one process of JOIN: the real stage, fed by hand.
type coreMember struct {
	w         *coreWorld
	id        int
	disk      *coreDisk
	stage     *joinStage
	txn, last *coreTxn
	sample    *sample // the clocks as read so far
	phase     int     // how far reading them has come
}

const coreSampled = 4 // the phases of a sample

func newCoreMember(w *coreWorld, id int) *coreMember {
	return &coreMember{w: w, id: id, disk: &coreDisk{store.NewMemory()}}
}

// begin starts the process with the partitions that it owns.
func (m *coreMember) begin() error {
	w := m.w
	cfg := w.c.config(w.version)
	reader, err := schemas.NewReader(schemas.Bare, coreLabelSchema, nil, labelFields(cfg.Labels))
	if err != nil {
		return err
	}
	top := topology{events: w.c.Events, labels: w.c.Labels, scores: w.c.Scores, slices: 1, deadLetters: 1, identity: "core"}
	joinConfig, err := newJoinConfig(cfg, top, memory.Budget{StateBatch: 400}) // a close takes several transactions
	if err != nil {
		return err
	}
	s := &joinStage{
		labelReader: &labelReader{config: cfg, reader: reader, row: schemas.NewRow(labelFields(cfg.Labels))},
		config:      cfg, log: slog.New(slog.DiscardHandler), store: m.disk,
		place: consumer.Murmur2, top: top, speed: 1, metrics: w.metrics,
		clocks: &clockReader{config: cfg, top: top, ends: w.ends, quiet: map[sourceID]quiet{}},
		publish: &joinPublisher{
			topics: cfg.Topics, top: top, ends: map[int32]int64{}, classes: map[string]int{},
			outcomeFraming: schemas.SingleObjectFraming(schemas.OutcomeRecord), sliceFraming: schemas.SingleObjectFraming(schemas.SliceRecord),
		},
		recovering: newRecoveries[*joinPartition](), crashes: newCrashes(), parts: map[int32]*joinPartition{}, feeds: map[int32]*labelFeed{}, synced: time.Now(),
	}
	s.recover = &recovery{config: cfg, log: s.log, join: joinConfig, stage: s}
	m.stage, m.sample, m.phase = s, nil, 0
	var parts, feeds []int32
	for p, owner := range w.owner {
		if owner == m.id {
			parts = append(parts, int32(p))
		}
	}
	for l, owner := range w.feeder {
		if owner == m.id && !s.coPartitioned() {
			feeds = append(feeds, int32(l))
		}
	}
	return m.assign(parts, feeds)
}

// restart is a new process on the same disk.
func (m *coreMember) restart() error {
	if err := m.finish(true); err != nil {
		return err
	}
	return m.begin()
}

// idle reports whether a bounded run has nothing left to do here.
func (m *coreMember) idle() bool {
	for id, p := range m.stage.parts {
		if !p.ended || p.scores < m.w.broker.log("scores", id).end() || p.rerouted < m.w.broker.log("labels-rerouted", id).end() {
			return false
		}
	}
	for id, f := range m.stage.feeds {
		if f.stagedAt < m.w.broker.log("labels", id).end() {
			return false
		}
	}
	return m.txn == nil
}

func (m *coreMember) ended() bool {
	for _, p := range m.stage.parts {
		if !p.ended {
			return false
		}
	}
	return m.w.ends != nil
}

func (m *coreMember) step() error {
	switch {
	case m.txn != nil:
		return m.endTxn()
	case m.sampling():
		m.read()
		return nil
	}
	return m.process()
}

func (m *coreMember) sampling() bool {
	if m.phase == coreSampled {
		return false
	}
	for _, p := range m.stage.parts {
		if p.pending == nil {
			return true
		}
	}
	return false
}

// read goes on reading the clocks, as clockReader does. Between two phases
// anybody may do anything.
func (m *coreMember) read() {
	b, c := m.w.broker, m.w.c
	source := func(topic string, p int32) {
		id, meta := sourceID{topic, p}, newSourceCommit()
		commit, known := b.commits[id]
		if !known {
			commit.offset = -1
		}
		if err := decodeCommit(topic, p, commit.metadata, &meta); err != nil {
			panic(err)
		}
		m.sample.sources[id] = sourceClock{clock: meta.Clock, offset: commit.offset}
		m.sample.order = append(m.sample.order, id)
	}
	ends := func(topic string, n int32) map[int32]int64 {
		at := map[int32]int64{}
		for p := range n {
			at[p] = b.log(topic, p).end()
		}
		return at
	}
	switch m.phase {
	case 0:
		m.sample = &sample{sources: map[sourceID]sourceClock{}}
		for e := range c.Events {
			source("events", e)
		}
	case 1:
		for l := range c.Labels {
			source("labels", l)
		}
	case 2:
		at := map[string]map[int32]int64{"events": ends("events", c.Events), "labels": ends("labels", c.Labels)}
		if e := m.stage.clocks.ends; e != nil {
			for id, src := range m.sample.sources {
				src.ended = e.passed(id.topic, id.partition, src.offset)
				m.sample.sources[id] = src
			}
		} else {
			m.stage.clocks.rest(m.sample, nil, at, m.w.steady.now())
		}
	case 3:
		m.sample.scoresEnd, m.sample.reroutedEnd = ends("scores", c.Scores), ends("labels-rerouted", c.Scores)
		m.sample.outcomesEnd = ends("outcomes", c.Scores)
	}
	m.phase++
}

// process is one poll of the real stage and the start of its transaction.
func (m *coreMember) process() error {
	w, s := m.w, m.stage
	if len(s.parts) == 0 && len(s.feeds) == 0 {
		return nil
	}
	for _, p := range s.parts {
		if p.pending == nil {
			p.pending = m.sample
			maps.Copy(s.publish.ends, m.sample.outcomesEnd)
			m.phase = 0
		}
	}
	var fetch kgo.Fetch
	add := func(topic string, p int32, from int64) {
		log := w.broker.log(topic, p)
		if records := w.d.some(log.between(from, max(from, log.stable())), 5); len(records) > 0 {
			fetch.Topics = append(fetch.Topics, kgo.FetchTopic{Topic: topic, Partitions: []kgo.FetchPartition{{Partition: p, Records: records}}})
		}
	}
	for _, p := range s.ordered() {
		add("scores", p.id, p.scores)
		add("labels-rerouted", p.id, p.rerouted)
	}
	for _, id := range slices.Sorted(maps.Keys(s.feeds)) {
		add("labels", id, s.feeds[id].stagedAt)
	}
	if len(fetch.Topics) == 0 && m.ended() {
		return nil // the stage would ask the broker whether all others have ended
	}
	w.d.shuffle(len(fetch.Topics), func(i, j int) { fetch.Topics[i], fetch.Topics[j] = fetch.Topics[j], fetch.Topics[i] })
	out := &consumer.Output{Commits: map[consumer.Partition]consumer.Commit{}}
	if err := s.Process(w.ctx, w.steady.now(), kgo.Fetches{fetch}, out); crashOf(err) != nil {
		w.met.panics++
		if err := s.Aborted(); err != nil {
			return err
		}
		err = m.begin() // the session is replaced, the stage remembers
		m.stage.crashes = s.crashes
		return err
	} else if err != nil {
		return errors.Join(fmt.Errorf("JOIN: %w", err), s.Aborted())
	}
	if len(fetch.Topics) == 0 && len(out.Records) == 0 && len(out.Commits) == 0 {
		return s.Aborted()
	}
	w.broker.settle(m.last, w.d)
	m.txn = w.broker.begin(out)
	return nil
}

// endTxn ends the transaction in one of the ways that there are.
func (m *coreMember) endTxn() error {
	w, k := m.w, 0
	if !w.c.Calm {
		k = w.d.n(16)
	}
	met := w.met
	switch {
	case k < 11:
		return m.finish(true)
	case k < 13:
		met.aborts++
		return m.finish(false)
	}
	committed := k < 15 // and the process dies before it knows
	met.crashes++
	if committed {
		met.unapplied++
	}
	if m.midTick() {
		met.midTick++
	}
	w.broker.endTxn(m.txn, committed)
	m.last, m.txn = m.txn, nil
	if w.d.one(3) {
		w.version++
	}
	if err := m.loseDisk(); err != nil {
		return err
	}
	return m.begin()
}

// midTick reports whether the transaction under way holds a tick in part.
func (m *coreMember) midTick() bool {
	for _, p := range m.stage.parts {
		if p.touched && p.gate != schemas.Beginning && p.join.Next() <= p.gate {
			return true
		}
	}
	return false
}

// loseDisk keeps the disk, loses it, or brings an old one of any machine back.
func (m *coreMember) loseDisk() error {
	w := m.w
	disk, err := m.disk.clone()
	if err != nil {
		return err
	}
	switch k := w.d.n(6); {
	case k == 0:
		disk = &coreDisk{store.NewMemory()}
	case k == 1 && len(w.old) > 0:
		disk, err = w.old[w.d.n(len(w.old))].clone()
	case k == 2:
		var copied *coreDisk
		if copied, err = disk.clone(); err == nil {
			w.old = append(w.old, copied)
		}
	}
	m.disk = disk
	return err
}

// finish ends the transaction that is open, if there is one.
func (m *coreMember) finish(commit bool) error {
	if m.txn == nil {
		return nil
	}
	m.w.broker.endTxn(m.txn, commit)
	m.last, m.txn = m.txn, nil
	if !commit {
		return m.stage.Aborted()
	}
	if err := m.stage.Committed(); err != nil {
		return err
	}
	for _, p := range m.stage.parts {
		if err := m.check(p); err != nil {
			return err
		}
	}
	return nil
}

// check holds the invariants of every commit.
func (m *coreMember) check(p *joinPartition) error {
	status := p.join.Status()
	if scores, labelled := status.Ledger.Imbalance(); scores != 0 || labelled != 0 {
		return fmt.Errorf("partition %d: %d scores and %d labels are unaccounted for: %+v", p.id, scores, labelled, status.Ledger)
	}
	if status.Raised != 0 {
		return fmt.Errorf("partition %d: %d records came after their tick was closed", p.id, status.Raised)
	}
	text, err := json.Marshal(status)
	var again labels.Status
	if err == nil {
		err = json.Unmarshal(text, &again)
	}
	return err
}

func (m *coreMember) revoke(parts, feeds []int32) {
	var gone []consumer.Partition
	for _, p := range parts {
		gone = append(gone, consumer.Partition{Topic: "scores", ID: p}, consumer.Partition{Topic: "labels-rerouted", ID: p})
		if m.stage.coPartitioned() {
			gone = append(gone, consumer.Partition{Topic: "labels", ID: p})
		}
	}
	for _, l := range feeds {
		gone = append(gone, consumer.Partition{Topic: "labels", ID: l})
	}
	m.stage.Revoke(gone)
}

func (d *dice) shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, d.n(i+1))
	}
}
