package drift

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"hindsight/drift/alarm"
	"hindsight/drift/metric"
	"hindsight/schemas"
)

// dull is the specification in its plainest words: it visits every instant,
// and adds every window up anew from all cells there are.
type dull struct {
	config    Config
	cells     []dullCell
	labels    []dullLabels
	out       *collector
	revisions map[dullKey]int32
	dirty     map[dullKey]bool
	memories  map[dullKey]schemas.AlarmMemory
	curves    map[dullKey]dullOwn // by segment and instant
}

type dullCell struct {
	tick schemas.Instant
	schemas.Cell
}

// dullLabels are what became of labels at a tick.
type dullLabels struct {
	tick  schemas.Instant
	fates []schemas.FateCount
}

type dullKey struct {
	name             string // of the window or rule
	start            schemas.Instant
	version, segment string
}

func (k dullKey) compare(o dullKey) int {
	return cmp.Or(cmp.Compare(k.start, o.start), cmp.Compare(k.version, o.version), cmp.Compare(k.segment, o.segment))
}

func newDull(w *world) *dull {
	d := &dull{config: w.config, out: &collector{}, revisions: map[dullKey]int32{}, dirty: map[dullKey]bool{}, memories: map[dullKey]schemas.AlarmMemory{}, curves: map[dullKey]dullOwn{}}
	for _, ticks := range w.ticks {
		for _, s := range ticks {
			for _, cell := range s.Cells {
				if cell.Role != challenger {
					d.cells = append(d.cells, dullCell{s.Tick, cell})
				}
			}
			d.labels = append(d.labels, dullLabels{s.Tick, s.Fates})
		}
	}
	return d
}

func (d *dull) run(from, to schemas.Instant) {
	for now := from; now <= to; now = now.Add(d.config.Tick) {
		for _, spec := range d.config.Windows {
			d.publish(spec, now)
		}
		for i := range d.config.Rules {
			if d.config.Rules[i].Feed == alarm.Silent {
				d.listen(i, now)
				continue
			}
			d.judge(i, now)
		}
	}
}

func (d *dull) ends(s WindowSpec, start schemas.Instant) schemas.Instant {
	return start.Add(s.Size).Ceil(d.config.Tick)
}

func (d *dull) final(s WindowSpec, start schemas.Instant) schemas.Instant {
	return start.Add(s.Size + d.config.Horizon + d.config.Grace).Ceil(d.config.Tick)
}

// sums adds up each window of the spec as of now; touched are those that changed at now.
func (d *dull) sums(s WindowSpec, now schemas.Instant, from schemas.Instant) (all map[dullKey]*metric.Sums, touched map[dullKey]bool) {
	all, touched = map[dullKey]*metric.Sums{}, map[dullKey]bool{}
	for i := range d.cells {
		c := &d.cells[i]
		if c.Clock != s.Clock || c.tick > now {
			continue
		}
		for start := c.Start.Floor(s.slide()); start.Add(s.Size) >= c.Start.Add(c.Width); start = start.Add(-s.slide()) {
			if start > c.Start || c.tick > d.final(s, start) || start < from {
				continue
			}
			key := dullKey{s.Name, start, c.Version, c.Segment}
			if all[key] == nil {
				all[key] = &metric.Sums{}
			}
			all[key].Add(&c.Sums)
			if c.tick > now.Add(-d.config.Tick) {
				touched[key] = true
			}
		}
	}
	for _, l := range d.labels {
		if l.tick > now || s.Clock != schemas.LabelClock {
			continue
		}
		for _, f := range l.fates {
			for start := f.Start.Floor(s.slide()); start.Add(s.Size) >= f.Start.Add(f.Width); start = start.Add(-s.slide()) {
				if start > f.Start || l.tick > d.final(s, start) || start < from {
					continue
				}
				key := dullKey{s.Name, start, "", ""}
				if all[key] == nil {
					all[key] = &metric.Sums{}
				}
				all[key].Tell(f.Fate, f.N)
			}
		}
	}
	return all, touched
}

// from is a start so early that its window and its successor are over and done with.
func (d *dull) from(s WindowSpec, now schemas.Instant) schemas.Instant {
	return now.Add(-s.Size - 2*s.slide() - d.config.Horizon - d.config.Grace - 2*d.config.Tick)
}

func (d *dull) publish(s WindowSpec, now schemas.Instant) {
	all, touched := d.sums(s, now, d.from(s, now))
	maps.Copy(d.dirty, touched)
	cadence := d.config.cadence(s)
	for _, key := range slices.SortedFunc(maps.Keys(all), dullKey.compare) {
		final := d.final(s, key.start) == now
		due := final || d.dirty[key] && (d.ends(s, key.start) == now || now.Floor(cadence) > now.Add(-d.config.Tick))
		if !due {
			continue
		}
		delete(d.dirty, key)
		sums := all[key]
		if sums.Scored <= 0 && d.revisions[key] == 0 {
			continue
		}
		d.revisions[key]++
		record := &schemas.Window{Model: d.config.Model, Name: s.Name, Clock: s.Clock, Start: key.start, End: key.start.Add(s.Size),
			Version: key.version, Segment: key.segment, Revision: d.revisions[key], At: now, Scored: sums.Scored, Labelled: sums.Labelled(),
			Assumed: sums.Assumed, Unlabelled: sums.Unlabelled, Coverage: metric.Coverage(sums.Labelled(), sums.Scored)}
		record.FinalBy, record.Values = d.final(s, key.start), sums.Values()
		if share, why := d.maturity(s, key, now); why != "" {
			record.MaturityUndefined = why
		} else if record.Maturity = &share; share >= DefaultMature && d.ends(s, key.start) <= now {
			record.State = schemas.Mature
		}
		if final {
			record.State = schemas.Final
		}
		for _, name := range d.config.Metrics {
			m, _ := metric.Named(name)
			record.Metrics = append(record.Metrics, d.figure(m, s, key, sums, DefaultConfidence, now))
		}
		_ = d.out.Window(record)
	}
}

func (d *dull) judge(i int, now schemas.Instant) {
	rule := &d.config.Rules[i]
	s := d.config.Windows[slices.IndexFunc(d.config.Windows, func(s WindowSpec) bool { return s.Name == rule.Window })]
	all, _ := d.sums(s, now, d.from(s, now))
	m, _ := metric.Named(rule.Metric)

	newestFirst := slices.SortedFunc(maps.Keys(all), func(a, b dullKey) int { return b.compare(a) })
	inReach := map[dullKey][]dullKey{}
	for _, key := range newestFirst {
		if d.final(s, key.start.Add(s.slide())) > now && rule.Covers(key.segment) && (!rule.OfLabels() || key.version == "") {
			who := dullKey{rule.Name, 0, key.version, key.segment}
			inReach[who] = append(inReach[who], key)
			if _, known := d.memories[who]; !known {
				d.memories[who] = rule.Begin(key.version, key.segment)
			}
		}
	}
	for _, who := range slices.SortedFunc(maps.Keys(d.memories), dullKey.compare) {
		if who.name != rule.Name {
			continue
		}
		memory, record := rule.Step(d.config.Model, d.memories[who], d.look(rule, m, s, inReach[who], all, d.memories[who], now), now)
		if d.memories[who] = memory; memory.State == schemas.Unknown && len(inReach[who]) == 0 {
			delete(d.memories, who)
		}
		if record != nil {
			_ = d.out.Alarm(record)
		}
	}
}

// listen judges a rule on silence from all that has happened so far.
func (d *dull) listen(i int, now schemas.Instant) {
	rule, settle := &d.config.Rules[i], d.config.Horizon+d.config.Grace
	type history struct{ scored, labels map[schemas.Instant]int64 }
	all, fresh := map[dullKey]history{}, map[dullKey]bool{}
	for _, c := range d.cells {
		at := c.tick.Ceil(d.config.Tick)
		if c.Clock != schemas.EventClock || at > now || !rule.Covers(c.Segment) {
			continue
		}
		who := dullKey{rule.Name, 0, "", c.Segment}
		if all[who].scored == nil {
			all[who] = history{map[schemas.Instant]int64{}, map[schemas.Instant]int64{}}
		}
		all[who].scored[at] += max(0, c.Scored)
		for _, p := range c.Pairs {
			all[who].labels[at] += max(0, p.N)
		}
		all[who].labels[at] -= c.Assumed
		fresh[who] = fresh[who] || at == now
	}
	for _, who := range slices.SortedFunc(maps.Keys(all), dullKey.compare) {
		memory, known := d.memories[who]
		if !known && !fresh[who] {
			continue
		}
		if !known {
			memory = rule.Begin(who.version, who.segment)
		}
		s := alarm.Silence{From: schemas.Beginning, Until: schemas.Beginning, Labels: max(0, all[who].labels[now])}
		label, resumed := schemas.Beginning, schemas.Beginning
		for at, n := range all[who].labels {
			if n > 0 {
				label = max(label, at)
			}
		}
		for _, at := range slices.Sorted(maps.Keys(all[who].scored)) {
			if all[who].scored[at] == 0 {
				continue
			}
			if s.Until == schemas.Beginning || at.Sub(s.Until) >= rule.For {
				resumed = at
			}
			s.Until = at
		}
		s.From = max(label, resumed)
		for at, n := range all[who].scored {
			if at > s.From || at == s.From && label < resumed {
				s.Scored += n
			}
		}
		over := s.Until.Add(settle) <= now
		next, record := rule.Listen(d.config.Model, memory, s, over, now)
		if d.memories[who] = next; next.State == schemas.Unknown && over {
			delete(d.memories, who)
		}
		if record != nil {
			_ = d.out.Alarm(record)
		}
	}
}

func TestAgainstReference(t *testing.T) {
	alarms := map[schemas.AlarmState]int{}
	withdrawn, feeds, emptied := 0, map[string]int{}, map[schemas.WindowState]int{}
	for seed := range uint64(6) {
		w := newWorld(seed)
		_, out := w.run(t, w.topic(random(seed, 1)), random(seed, 2))
		d := newDull(&w)
		d.run(epoch, epoch.Add(simulated+5*60*60*1e9))
		same(t, "against the reference", out.lines, d.out.lines)
		for _, x := range out.windows {
			if x.Scored == 0 {
				emptied[x.State]++
			}
		}
		for _, a := range out.alarms {
			alarms[a.State]++
			feeds[a.Name+" "+a.State.String()]++
			if isWithdrawn(a) {
				withdrawn++
			}
		}
	}
	// The worlds are worth nothing unless they show all of it.
	for state := schemas.Unknown; state <= schemas.Resolved; state++ {
		if alarms[state] < 3 {
			t.Errorf("state %d occurs %d times", state, alarms[state])
		}
	}
	for _, name := range []string{"few", "quiet", "slow", "strays", "quarrels"} {
		for _, state := range []schemas.AlarmState{schemas.OK, schemas.Pending, schemas.Firing, schemas.Resolved} {
			if feeds[name+" "+state.String()] == 0 {
				t.Errorf("the rule on the label feed %q is never %v: %v", name, state, feeds)
			}
		}
	}
	if emptied[schemas.Provisional] == 0 || emptied[schemas.Final] == 0 {
		t.Errorf("windows that were emptied again were published thus: %v", emptied)
	}
	if withdrawn == 0 {
		t.Error("no alarm was withdrawn")
	}
}

func random(seed, stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 100+stream)) }

func isWithdrawn(a schemas.Alarm) bool { return strings.Contains(a.Text, "RESOLVED: withdrawn: ") }

// look reads the windows in reach, the newest first.
func (d *dull) look(rule *alarm.Rule, m metric.Metric, s WindowSpec,
	keys []dullKey, all map[dullKey]*metric.Sums, memory schemas.AlarmMemory, now schemas.Instant) (j alarm.Judgement) {
	first := true
	for _, key := range keys {
		sums := all[key]
		reading := alarm.Reading{Start: key.start, End: key.start.Add(s.Size), Metric: d.figure(m, s, key, sums, rule.Confidence, now), Coverage: metric.Coverage(sums.Labelled(), sums.Scored)}
		if share, why := d.maturity(s, key, now); rule.MinMaturity > 0 && why == "" {
			reading.Maturity = &share
		}
		enough := rule.Suffices(reading)
		if memory.State == schemas.Firing && enough && memory.Last.Start == key.start {
			j.Fired = &reading
		}
		if j.Known || key.start.Add(s.Size+rule.After).Ceil(d.config.Tick) > now {
			continue
		}
		if j.Known = enough; enough || first {
			j.Reading = reading
		}
		first = false
	}
	return j
}
