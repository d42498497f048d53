package scenario

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"time"

	"hindsight/app/rules"
	"hindsight/labels"
	"hindsight/labels/store"
	"hindsight/schemas"
)

// part is one partition of scores with its labels, and the join of it. What
// lies in its topics stays; the join may die and come back.
type part struct {
	w      *world
	id     int32
	config labels.Config

	scores   []schemas.Score
	labels   []labels.Label // in place
	rerouted []rerouted
	outcomes []schemas.Outcome
	shown    int // outcomes that were handed on

	store  store.Store
	join   *labels.Join
	read   reading
	sample *sample
	rested time.Duration // without a tick
}

// rerouted is one record of labels-rerouted.
type rerouted struct {
	settings *labels.Settings
	lift     *labels.Lift
	label    *labels.Label
}

// reading is how much of each topic the join has read.
type reading struct{ scores, labels, rerouted int }

// sample is one reading of all clocks, and what stood in the topics after it.
type sample struct {
	sources []rules.Source
	ends    reading
}

func newPart(w *world, id int32) (*part, error) {
	config, err := rules.Join(w.config)
	if err != nil {
		return nil, err
	}
	settings := rules.Settings(w.config)
	settings.From = schemas.Beginning
	p := &part{w: w, id: id, config: config, store: store.NewMemory(), rerouted: []rerouted{{settings: &settings}}}
	return p, p.begin()
}

// begin opens the join as the store holds it.
func (p *part) begin() (err error) {
	config := p.config
	if p.w.dice != nil {
		config.BatchCount = p.w.dice.IntN(4) // 0: no bound
	}
	if p.join, err = labels.Open(p.id, p.w.partitions.events, p.store, config); err != nil {
		return err
	}
	have := p.join.Offsets()
	p.read = reading{int(have.Scores), 0, int(have.Rerouted)}
	p.read.labels = sort.Search(len(p.labels), func(i int) bool { return p.labels[i].Offset >= have.Labels })
	p.sample = nil
	return nil
}

func (p *part) ends() reading { return reading{len(p.scores), len(p.labels), len(p.rerouted)} }

// look samples the clocks. Those that rest hold time unless lifts may be logged.
func (p *part) look(lifts bool) *sample {
	s := &sample{ends: p.ends()}
	for _, id := range p.w.order {
		f, topic := p.w.sources[id], p.w.topic(id)
		s.sources = append(s.sources, rules.Source{
			Topic: topic, Partition: id.partition, Clock: f.clock, Ended: lifts && f.ended, Idle: lifts && f.idle,
			Lifted: p.join.Lifted(topic, id.partition), Position: f.next,
		})
	}
	return s
}

// add reads up to `to`.
func (p *part) add(b store.Batch, to reading) error {
	for ; p.read.rerouted < to.rerouted; p.read.rerouted++ {
		offset := int64(p.read.rerouted)
		var err error
		switch r := &p.rerouted[offset]; {
		case r.settings != nil:
			err = p.join.AddSettings(b, *r.settings, offset)
		case r.lift != nil:
			err = p.join.AddLift(b, r.lift)
		default:
			err = p.join.AddLabel(b, r.label)
		}
		if err != nil {
			return err
		}
	}
	for ; p.read.scores < to.scores; p.read.scores++ {
		score := p.scores[p.read.scores]
		if err := p.join.AddScore(b, &score, int64(p.read.scores)); err != nil {
			return err
		}
	}
	for ; p.read.labels < to.labels; p.read.labels++ {
		if err := p.join.AddLabel(b, &p.labels[p.read.labels]); err != nil {
			return err
		}
	}
	return nil
}

// commit makes permanent what was added and decided.
func (p *part) commit(b store.Batch, out *emitter) error {
	have := p.join.Offsets()
	have.Scores, have.Rerouted = int64(p.read.scores), int64(p.read.rerouted)
	p.join.SetOffsets(have)
	if err := p.join.Save(b); err != nil {
		return err
	}
	if err := b.Commit(); err != nil {
		return err
	}
	p.outcomes = append(p.outcomes, out.outcomes...)
	p.w.watch.slices = append(p.w.watch.slices, out.slices...)
	status := p.join.Status()
	if scores, labelled := status.Ledger.Imbalance(); scores != 0 || labelled != 0 || status.Raised != 0 {
		return fmt.Errorf("BUG: partition %d: %d scores and %d labels are unaccounted for, %d came after their tick", p.id, scores, labelled, status.Raised)
	}
	return nil
}

// settle reads everything and closes what may be closed.
func (p *part) settle(rested time.Duration) error {
	b := p.store.Begin()
	if err := p.add(b, p.ends()); err != nil {
		return err
	}
	m := p.moment(p.look(true), b)
	p.rested += rested
	m.Carried = p.rested
	g := rules.Decide(m)
	if g.Carries {
		p.rested -= g.At.Sub(g.Free)
	} else {
		p.rested = 0
	}
	if g.Lift != nil {
		g.Lift.Offset = int64(len(p.rerouted))
		p.rerouted = append(p.rerouted, rerouted{lift: g.Lift})
		if err := p.join.AddLift(b, g.Lift); err != nil {
			return err
		}
		p.read.rerouted++
	}
	p.sample = nil
	for {
		out := &emitter{}
		done := true
		if g.At != schemas.Beginning {
			var err error
			if done, err = p.join.Close(b, g.At, out); err != nil {
				return err
			}
		}
		if err := p.commit(b, out); err != nil || done {
			return err
		}
		b = p.store.Begin()
	}
}

func (p *part) moment(s *sample, r store.Reader) rules.Moment {
	return rules.Moment{
		Sources: s.sources, Tick: p.w.config.Watch.Tick, Closed: p.join.Closed(),
		Arrives: func(i schemas.Instant) bool {
			found, err := p.join.Arrives(r, i)
			return found || err != nil
		},
	}
}

// shake reads a little, closes what the last sample of the clocks allows, and
// commits, or dies.
func (p *part) shake(dice *rand.Rand) error {
	if p.sample == nil {
		p.sample = p.look(false)
	}
	to := p.ends()
	some := func(read *int, end int) int { return *read + dice.IntN(end-*read+1) }
	b, out := p.store.Begin(), &emitter{}
	if err := p.add(b, reading{some(&p.read.scores, to.scores), some(&p.read.labels, to.labels), some(&p.read.rerouted, to.rerouted)}); err != nil {
		return err
	}
	if e := p.sample.ends; p.read.scores >= e.scores && p.read.labels >= e.labels && p.read.rerouted >= e.rerouted {
		if g := rules.Decide(p.moment(p.sample, b)); g.At != schemas.Beginning && g.At != schemas.Forever {
			if _, err := p.join.Close(b, g.At, out); err != nil {
				return err
			}
		}
		p.sample = nil
	}
	if dice.IntN(4) == 0 {
		if err := b.Discard(); err != nil {
			return err
		}
		return p.begin()
	}
	if err := p.commit(b, out); err != nil || dice.IntN(4) > 0 {
		return err
	}
	return p.begin()
}

// fresh returns the outcomes that it has not returned before.
func (p *part) fresh() []schemas.Outcome {
	fresh := p.outcomes[p.shown:]
	p.shown = len(p.outcomes)
	return fresh
}
