package labels

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"hindsight/labels/store"
	"hindsight/schemas"
)

const (
	eventWidth = 4 * time.Minute
	labelWidth = 3 * time.Minute
)

// cellKey is where sums belong.
type cellKey struct {
	clock          schemas.Clock
	start          schemas.Instant
	width          time.Duration
	model, version string
	segment        string
}

// replay reads a history in some order, in transactions that may abort, and
// keeps what was published.
type replay struct {
	t     *testing.T
	r     *rand.Rand
	h     *history
	store store.Store
	join  *Join

	most      int            // outcomes in one call of Close
	amid      int            // commits amid a tick
	lifted    map[int64]bool // lifts the join was given
	known     map[int64]bool // settings
	committed commit
	outcomes  []schemas.Outcome // published
	slices    []schemas.Slice
	staged    struct {
		outcomes []schemas.Outcome
		slices   []schemas.Slice
	}
}

// commit is what Kafka holds beside the records.
type commit struct {
	offsets  Offsets
	status   Status
	outcomes int // how many there were
}

func newReplay(t *testing.T, r *rand.Rand, h *history, s store.Store) *replay {
	p := &replay{t: t, r: r, h: h, store: s, most: r.IntN(4)} // 0: a tick is never left
	p.open()
	return p
}

func (p *replay) config() Config {
	return Config{EventsTopic: eventsTopic, EventWidth: eventWidth, LabelWidth: labelWidth, Identity: "test", Models: []string{"m"}, FatesOf: "m", BatchBytes: 20_000, BatchCount: p.most}
}

func (p *replay) open() {
	var err error
	if p.join, err = Open(ownPartition, 8, p.store, p.config()); err != nil {
		p.t.Fatal(err)
	}
	p.lifted, p.known = map[int64]bool{}, map[int64]bool{}
	for offset := range p.join.Offsets().Rerouted { // what was read is in the store, or is not needed
		p.lifted[offset], p.known[offset] = true, true
	}
}

// Outcome implements Emitter.
func (p *replay) Outcome(o *schemas.Outcome) error {
	c := *o
	c.Segments, c.Bins, c.Challengers = slices.Clone(o.Segments), slices.Clone(o.Bins), slices.Clone(o.Challengers)
	p.staged.outcomes = append(p.staged.outcomes, c)
	return nil
}

// Slice implements Emitter.
func (p *replay) Slice(s *schemas.Slice) error {
	c := *s
	c.Cells = slices.Clone(s.Cells)
	for i := range c.Cells {
		var own schemas.Sums
		own.Merge(&c.Cells[i].Sums)
		c.Cells[i].Sums = own
	}
	p.staged.slices = append(p.staged.slices, c)
	return nil
}

// run goes on in random steps until everything is read and closed up to end.
// Between transactions it calls crash, which may replace store and join.
func (p *replay) run(end schemas.Instant, crash func()) {
	for p.join.Closed() < p.join.meta.Timeline.last(end) || p.left() {
		b := p.store.Begin()
		p.join.SetOffsets(p.knownOutcomes())
		for range 1 + p.r.IntN(30) {
			p.read(b)
		}
		if p.r.IntN(2) == 0 {
			p.close(b, end)
		}
		p.end(b)
		if crash != nil {
			crash()
		}
	}
}

// knownOutcomes moves the known end of outcomes to some point before the true one.
func (p *replay) knownOutcomes() Offsets {
	o := p.join.Offsets()
	o.Outcomes += p.r.Int64N(int64(len(p.outcomes)) - o.Outcomes + 1)
	return o
}

func (p *replay) end(b store.Batch) {
	if p.r.IntN(4) == 0 { // abort
		p.must(b.Discard())
		p.staged.outcomes, p.staged.slices = nil, nil
		p.open()
		return
	}
	p.commit(b)
	if p.r.IntN(4) == 0 {
		p.open()
	}
}

func (p *replay) commit(b store.Batch) {
	p.must(p.join.Save(b))
	p.must(b.Commit())
	p.outcomes = append(p.outcomes, p.staged.outcomes...)
	p.slices = append(p.slices, p.staged.slices...)
	p.staged.outcomes, p.staged.slices = nil, nil
	p.committed = commit{p.join.Offsets(), p.join.Status(), len(p.outcomes)}
	if p.committed.status.Amid != nil {
		p.amid++
	}
	p.check()
}

// left reports whether something was not read yet.
func (p *replay) left() bool {
	o := p.join.Offsets()
	return int(o.Scores) < len(p.h.scores) || int(o.Labels) < len(p.h.inPlace) || int(o.Rerouted) < len(p.h.rerouted)
}

// read adds one record, or skips one that is none.
func (p *replay) read(b store.Batch) {
	o := p.join.Offsets()
	switch p.r.IntN(3) {
	case 0:
		if int(o.Scores) < len(p.h.scores) {
			p.addScore(b, o.Scores)
		}
	case 1:
		if int(o.Labels) < len(p.h.inPlace) {
			p.addLabel(b, p.h.inPlace[o.Labels])
		}
	case 2:
		if int(o.Rerouted) < len(p.h.rerouted) {
			p.addRerouted(b, o.Rerouted)
		}
	}
}

func (p *replay) addScore(b store.Batch, offset int64) {
	s := p.h.scores[offset]
	p.liftFor(b, Position{eventsTopic, s.SourcePartition, s.SourceOffset})
	p.must(p.join.AddScore(b, &s, offset))
}

func (p *replay) addLabel(b store.Batch, l Label) {
	p.liftFor(b, Position{l.Topic, l.Partition, l.Offset})
	p.must(p.join.AddLabel(b, &l))
}

func (p *replay) addRerouted(b store.Batch, offset int64) {
	switch x := p.h.rerouted[offset].(type) {
	case Label:
		p.addLabel(b, x)
		return
	case Lift:
		p.must(p.join.AddLift(b, &x))
	case Settings:
		if !p.known[offset] && x.From >= p.join.Closed() {
			p.must(p.join.AddSettings(b, x, offset))
		}
	}
	o := p.join.Offsets()
	o.Rerouted = offset + 1
	p.join.SetOffsets(o)
}

// liftFor makes sure that the join knows the lifts that raise a record, and
// sometimes others.
func (p *replay) liftFor(b store.Batch, at Position) {
	for _, l := range p.h.lifts {
		if p.lifted[l.Offset] {
			continue
		}
		needed := slices.ContainsFunc(l.Positions, func(q Position) bool {
			return q.Topic == at.Topic && q.Partition == at.Partition && q.Offset <= at.Offset
		})
		if needed || p.r.IntN(50) == 0 {
			p.must(p.join.AddLift(b, &l))
			p.lifted[l.Offset] = true
		}
	}
}

// close closes up to a random gate before which nothing can come any more.
func (p *replay) close(b store.Batch, end schemas.Instant) {
	gate := end
	p.h.arrivals(p.join.Offsets(), func(i schemas.Instant) { gate = min(gate, i) })
	if p.r.IntN(3) == 0 {
		gate -= schemas.Instant(p.r.Int64N(int64(20 * minute)))
	}
	p.settingsFor(b, gate)
	_, err := p.join.Close(b, gate, p)
	p.must(err)
}

// settingsFor makes sure that the join knows the settings for ticks up to gate.
func (p *replay) settingsFor(b store.Batch, gate schemas.Instant) {
	for _, c := range p.h.settings {
		if c.From < gate && c.From >= p.join.Closed() && !p.known[c.Offset] {
			p.must(p.join.AddSettings(b, c.Settings, c.Offset))
			p.known[c.Offset] = true
		}
	}
}

func (p *replay) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// check holds the ledger against the published outcomes and the store.
func (p *replay) check() {
	p.t.Helper()
	l := p.join.Status().Ledger
	if scores, labels := l.Imbalance(); scores != 0 || labels != 0 {
		p.t.Fatalf("%d scores and %d labels unaccounted for: %+v", scores, labels, l)
	}
	want := Ledger{Scores: p.join.Offsets().Scores, Labels: p.join.Offsets().Labels}
	for _, x := range p.h.rerouted[:p.join.Offsets().Rerouted] {
		if _, ok := x.(Label); ok {
			want.Labels++
		}
	}
	latest := map[int64]schemas.Kind{}
	for i := range p.outcomes {
		o := &p.outcomes[i]
		if o.Kind != schemas.NoKind {
			latest[o.ScoreOffset] = o.Kind
		}
		if o.Fate != schemas.NoFate {
			*want.labels(o.Fate)++
		}
	}
	for _, k := range latest {
		*want.scores(k)++
	}
	var live, waiting int64
	p.must(p.store.Scan([]byte{0}, []byte{255}, func(key, value []byte) (bool, error) {
		switch key[kindAt] {
		case scoreInbox:
			want.Pending++
		case labelInbox, waitingKey:
			want.Waiting++
		case idKey:
			switch value[0] {
			case liveRecord:
				live++
				if schemas.Kind(value[1]) == schemas.NoKind {
					want.Pending++
				}
			case onlyLabels:
				d := decoder{rest: string(value[1:])}
				waiting += d.int()
			}
		}
		if key[kindAt] == waitingKey {
			waiting--
		}
		return true, nil
	}))
	if waiting != 0 {
		p.t.Fatalf("the counts of waiting labels are off by %d", waiting)
	}
	if l != want {
		p.t.Fatalf("ledger %+v, counted %+v", l, want)
	}
	if r := p.join.Status().Raised; r != 0 {
		p.t.Fatalf("%d records came too late", r)
	}
	p.checkFloors(p.join.Status().Floors)
}

// checkFloors looks for fates of records past the floors before that of outcomes.
func (p *replay) checkFloors(f Floors) {
	p.t.Helper()
	rerouted := map[Position]int64{}
	for i, x := range p.h.rerouted {
		if l, ok := x.(Label); ok {
			rerouted[Position{l.Topic, l.Partition, l.Offset}] = int64(i)
		}
	}
	for _, o := range p.outcomes[:f.Outcomes] {
		at, isRerouted := rerouted[Position{o.LabelTopic, o.LabelPartition, o.LabelOffset}]
		if o.Kind == schemas.Repeated && o.ScoreOffset >= f.Scores || o.Fate != schemas.NoFate &&
			(isRerouted && at >= f.Rerouted || !isRerouted && o.LabelOffset >= f.Labels) {
			p.t.Fatalf("floors %+v are past the outcome %+v", f, o)
		}
	}
}
