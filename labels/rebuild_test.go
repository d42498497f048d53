package labels

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hindsight/labels/store"
	"hindsight/schemas"
)

// State is a fold of topics: at random points the disk is lost, or an older
// one comes back. What is read again leads to the same state, byte for byte,
// and from there to the same outcomes as if nothing had happened.
func TestAnyCrash(t *testing.T) {
	var caughtUp, rebuilt, short, amid int
	for seed := range uint64(50) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			h := newHistory(rand.New(rand.NewPCG(seed, 10)), 300)
			end := h.end()
			r := rand.New(rand.NewPCG(seed, 11))
			p := newReplay(t, r, h, store.NewMemory())
			old := []*store.Memory{store.NewMemory()}
			p.run(end, func() {
				switch r.IntN(8) {
				case 0, 1:
					old = append(old, p.copyStore())
				case 2:
					if p.committed.status.Amid != nil {
						amid++
					}
					p.recover(old[r.IntN(len(old))], p.catchUp)
					caughtUp++
				case 3:
					if p.committed.status.Amid != nil {
						amid++
					}
					floors := p.committed.status.Floors
					p.recover(store.NewMemory(), p.rebuild)
					rebuilt++
					if floors.Scores > 0 && floors.Labels > 0 && floors.Rerouted > 0 {
						short++
					}
					old = old[:0] // they hold other marks
					old = append(old, p.copyStore())
				}
			})
			p.compare(newReference(h, end))
			plain := newReplay(t, rand.New(rand.NewPCG(seed, 12)), h, store.NewMemory())
			plain.run(end, nil)
			if diff := cmp.Diff(plain.outcomes, p.outcomes, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("outcomes differ from those without a crash:\n%s", diff)
			}
		})
	}
	if caughtUp < 100 || rebuilt < 100 || short < rebuilt/4 || amid < 50 {
		t.Errorf("%d times caught up, %d times rebuilt, %d of them not from the beginning; %d crashes amid a tick", caughtUp, rebuilt, short, amid)
	}
}

func (p *replay) copyStore() *store.Memory {
	to := store.NewMemory()
	b := to.Begin()
	p.must(p.store.Scan([]byte{0}, []byte{255}, func(key, value []byte) (bool, error) { return true, b.Set(key, value) }))
	p.must(b.Commit())
	return to
}

// recover brings another store to the commit and compares it with the lost one.
func (p *replay) recover(other *store.Memory, how func()) {
	p.t.Helper()
	lost, status := p.store, p.join.Status()
	if status.Closed != p.committed.status.Closed {
		return // nothing was committed yet
	}
	text, err := json.Marshal(p.committed.status)
	p.must(err)
	p.committed.status = Status{}
	p.must(json.Unmarshal(text, &p.committed.status))
	p.store = other
	p.open()
	how()
	want, got := dump(p.t, lost), dump(p.t, other)
	for key, value := range want {
		if !bytes.Equal(got[key], value) {
			p.t.Fatalf("key %q holds %q, was %q", key, got[key], value)
		}
	}
	for key := range got {
		if _, ok := want[key]; !ok {
			p.t.Fatalf("key %q was not there", key)
		}
	}
	now := p.join.Status()
	p.checkFloors(now.Floors)
	now.Floors = status.Floors
	if diff := cmp.Diff(status, now, cmpopts.EquateEmpty()); diff != "" {
		p.t.Fatalf("status (-lost +recovered):\n%s", diff)
	}
}

// dump returns the records of a store. Which settings and lifts are kept, and
// from where a rebuild reads, may differ.
func dump(t *testing.T, s store.Store) map[string][]byte {
	t.Helper()
	rows := map[string][]byte{}
	err := s.Scan([]byte{0}, []byte{255}, func(key, value []byte) (bool, error) {
		if key[kindAt] != metaKey && key[kindAt] != liftKey {
			rows[string(key)] = bytes.Clone(value)
		}
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// inBatches calls add for 0 to n-1, and commits now and then.
func (p *replay) inBatches(n int64, add func(b store.Batch, i int64)) {
	b := p.store.Begin()
	for i := range n {
		add(b, i)
		if p.r.IntN(40) == 0 {
			p.must(p.join.Save(b))
			p.must(b.Commit())
			b = p.store.Begin()
		}
	}
	p.must(p.join.Save(b))
	p.must(b.Commit())
}

// readUpTo adds everything between the join's offsets and the committed ones:
// what was logged first, then the records, topic after topic.
func (p *replay) readUpTo(to Offsets) {
	from := p.join.Offsets()
	p.inBatches(to.Rerouted-from.Rerouted, func(b store.Batch, i int64) {
		switch x := p.h.rerouted[from.Rerouted+i].(type) {
		case Lift:
			p.must(p.join.AddLift(b, &x))
			p.lifted[x.Offset] = true
		case Settings:
			if x.From >= p.join.Closed() {
				p.must(p.join.AddSettings(b, x, from.Rerouted+i))
			}
		}
	})
	p.inBatches(to.Scores-from.Scores, func(b store.Batch, i int64) { p.addScore(b, from.Scores+i) })
	p.inBatches(to.Labels-from.Labels, func(b store.Batch, i int64) { p.addLabel(b, p.h.inPlace[from.Labels+i]) })
	p.inBatches(to.Rerouted-from.Rerouted, func(b store.Batch, i int64) {
		if l, ok := p.h.rerouted[from.Rerouted+i].(Label); ok {
			p.addLabel(b, l)
		}
	})
}

func (p *replay) settle() {
	for done := false; !done; {
		b := p.store.Begin()
		upTo := p.committed.status.Closed
		if a := p.committed.status.Amid; a != nil {
			upTo = a.Tick
		}
		p.settingsFor(b, upTo)
		var err error
		done, err = p.join.Settle(b, p.committed.status)
		p.must(err)
		if done {
			p.join.SetOffsets(p.committed.offsets)
		}
		p.must(p.join.Save(b))
		p.must(b.Commit())
	}
}

// catchUp folds what an older store has not seen.
func (p *replay) catchUp() {
	p.readUpTo(p.committed.offsets)
	p.settle()
	p.open()
}

// rebuild starts from nothing, at the floors.
func (p *replay) rebuild() {
	status := p.committed.status
	decided := NewDecided(p.committed.status.Floors)
	for i := range p.outcomes[status.Floors.Outcomes:] {
		decided.Add(&p.outcomes[int(status.Floors.Outcomes)+i])
	}
	// The test's own knowledge of what was logged begins at the floor, too.
	all := p.h
	p.h = all.from(status.Floors.Rerouted)
	p.must(p.join.Rebuild(status, decided))
	p.readUpTo(p.committed.offsets)
	p.settle()
	p.h = all
	p.open()
}

// from returns a history that knows the lifts and settings from an offset on only.
func (h *history) from(rerouted int64) *history {
	c := *h
	c.lifts, c.settings = nil, nil
	for _, l := range h.lifts {
		if l.Offset >= rerouted {
			c.lifts = append(c.lifts, l)
		}
	}
	for _, s := range h.settings {
		if s.Offset >= rerouted {
			c.settings = append(c.settings, s)
		}
	}
	return &c
}

// The histories must contain what the tests are about.
func TestHistoriesAreRich(t *testing.T) {
	kinds, fates := map[schemas.Kind]int{}, map[schemas.Fate]int{}
	revived, lifted := 0, 0
	for seed := range uint64(40) {
		h := newHistory(rand.New(rand.NewPCG(seed, 0)), 150)
		for _, outcomes := range newReference(h, h.end()).outcomes {
			lives := 0
			for _, o := range outcomes {
				kinds[o.Kind]++
				fates[o.Fate]++
				if o.Revision == 1 && o.Kind != schemas.Repeated {
					lives++
				}
			}
			if lives > 1 {
				revived++
			}
		}
		for _, s := range h.scores {
			if h.effective[Position{eventsTopic, s.SourcePartition, s.SourceOffset}] > s.Arrival {
				lifted++
			}
		}
	}
	for k := schemas.Matched; k <= schemas.Repeated; k++ {
		if kinds[k] < 50 {
			t.Errorf("kind %d: %d times", k, kinds[k])
		}
	}
	for f := schemas.Used; f <= schemas.TooLate; f++ {
		if fates[f] < 50 {
			t.Errorf("fate %d: %d times", f, fates[f])
		}
	}
	if revived < 50 || lifted < 50 {
		t.Errorf("%d ids with several lives, %d lifted scores", revived, lifted)
	}
}

// A label whose fate is known does not wait in a rebuilt state, though the
// rebuild never met its score; one whose fate is open does.
func TestRebuildSweeps(t *testing.T) {
	j, err := Open(1, 4, store.NewMemory(), testConfig)
	if err != nil {
		t.Fatal(err)
	}
	decided := NewDecided(Floors{Scores: 10, Labels: 5})
	decided.Add(&schemas.Outcome{Kind: schemas.Matched, Fate: schemas.Used, ScoreOffset: 12, LabelTopic: "labels", LabelPartition: 1, LabelOffset: 5})
	target := Status{
		Closed: 10 * minute,
		Ledger: Ledger{Scores: 3, Matched: 3, Labels: 3, Used: 2, Waiting: 1},
		Floors: Floors{Scores: 10, Labels: 5},
	}
	if err := j.Rebuild(target, decided); err != nil {
		t.Fatal(err)
	}
	s := store.NewMemory()
	b := s.Begin()
	if err := j.AddSettings(b, testSettings, 0); err != nil {
		t.Fatal(err)
	}
	for offset := int64(5); offset < 7; offset++ {
		l := Label{EventID: "a", Truth: "1", Arrival: minute, Topic: "labels", Partition: 1, Offset: offset, Rerouted: -1}
		if err := j.AddLabel(b, &l); err != nil {
			t.Fatal(err)
		}
	}
	save(t, j, b)
	if _, err := Open(1, 4, s, testConfig); !errors.Is(err, ErrUnfinished) {
		t.Errorf("an unfinished rebuild is opened: %v", err)
	}
	b = s.Begin()
	if done, err := j.Settle(b, target); err != nil || !done {
		t.Fatal(done, err)
	}
	save(t, j, b)
	if j, err = Open(1, 4, s, testConfig); err != nil {
		t.Fatal(err)
	}
	b = s.Begin()
	var out collector
	if _, err := j.Close(b, 200*minute, &out); err != nil {
		t.Fatal(err)
	}
	if len(out.outcomes) != 1 || out.outcomes[0].Fate != schemas.Orphan || out.outcomes[0].LabelOffset != 6 {
		t.Errorf("outcomes %+v", out.outcomes)
	}
}

// What was pending is put in place while it is added, and is not read again; an
// earlier life of its id, which is read later, gives way to it.
func TestRebuildAppliesAtOnce(t *testing.T) {
	settings := testSettings
	settings.From, settings.Tick, settings.Horizon, settings.Grace, settings.Early = schemas.Beginning, time.Minute, 10*time.Minute, 0, 15*time.Minute
	score := func(id string, at schemas.Instant, partition int32, source int64) schemas.Score {
		return schemas.Score{EventID: id, EventTime: at, Arrival: at, SourcePartition: partition, SourceOffset: source, Model: "m", Prediction: "0", Positive: "1"}
	}
	scores := []schemas.Score{score("a", 100*minute, 0, 0), score("b", 101*minute, 0, 1), score("a", 80*minute, 1, 0), score("b", 101*minute, 0, 2)}
	early := Label{EventID: "b", Truth: "1", LabelTime: minute, Arrival: 98 * minute, Topic: "labels", Offset: 0, Rerouted: -1}

	add := func(s store.Store, j *Join) {
		b := s.Load()
		if err := j.AddSettings(b, settings, 0); err != nil {
			t.Fatal(err)
		}
		for i := range scores {
			if err := j.AddScore(b, &scores[i], int64(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := j.AddLabel(b, &early); err != nil {
			t.Fatal(err)
		}
		save(t, j, b)
	}
	open := func(s store.Store) *Join {
		j, err := Open(1, 4, s, testConfig)
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	live, out := store.NewMemory(), collector{}
	was := open(live)
	add(live, was)
	b := live.Begin()
	if done, err := was.Close(b, 103*minute, &out); err != nil || !done {
		t.Fatal(done, err)
	}
	save(t, was, b)

	rebuilt := store.NewMemory()
	j := open(rebuilt)
	decided := NewDecided(Floors{})
	for i := range out.outcomes {
		decided.Add(&out.outcomes[i])
	}
	if err := j.Rebuild(was.Status(), decided); err != nil {
		t.Fatal(err)
	}
	add(rebuilt, j)
	if n := j.Drained(); n != 2 {
		t.Errorf("%d scores were applied at once, want the two that are pending", n)
	}
	b = rebuilt.Begin()
	if done, err := j.Settle(b, was.Status()); err != nil || !done {
		t.Fatal(done, err)
	}
	save(t, j, b)
	if diff := cmp.Diff(dump(t, live), dump(t, rebuilt)); diff != "" {
		t.Errorf("state (-live +rebuilt):\n%s", diff)
	}
}
