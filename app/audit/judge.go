package audit

import (
	"cmp"
	"slices"

	"hindsight/drift/metric"
	"hindsight/schemas"
)

// judge adds the slices of one model up, as of the instants at which its
// windows and alarms were last told, and compares.
type judge struct {
	model     string
	partition int32 // of slices
	asks      []ask // by instant
	next      int
	lowest    []schemas.Instant // of the starts of the asks from here on
	queues    map[int32]*queue  // by partition of scores
	series    map[seriesKey]*series
	since     map[schemas.Clock]schemas.Instant // the first tick that scored anything
	cut       schemas.Instant                   // slices are whole after this tick
}

// ask is one thing that was told: figures of a span as of an instant.
type ask struct {
	at, start, end schemas.Instant
	key            seriesKey
	position       Position
	window         *schemas.Window // or
	alarm          *schemas.Alarm
	born           schemas.Instant // when its kind of window was first told
}

type seriesKey struct {
	clock            schemas.Clock
	version, segment string
}

// ofLabels is the series of the labels by when they arrived: no version and segment.
var ofLabels = seriesKey{clock: 255}

// series is the sums of one version and segment on one clock, by start.
type series struct{ panes []pane }

type pane struct {
	start schemas.Instant
	sums  metric.Sums
}

// queue holds the ticks of one partition back until all have closed them.
type queue struct {
	closed schemas.Instant
	ticks  []batch
	open   *batch
}

type batch struct {
	tick  schemas.Instant
	cells []schemas.Cell
	fates []schemas.FateCount
}

// judge returns that of a model, nil where WATCH has committed nothing.
func (a *Auditor) judge(partition int32, model string) *judge {
	if j := a.judges[model]; j != nil {
		return j
	}
	if a.watches[partition] == nil {
		a.noteAt(Position{a.o.Topics.Slices, partition, -1}, "WATCH has committed nothing, so windows and alarms were not checked")
		return nil
	}
	j := &judge{
		model: model, partition: partition, queues: map[int32]*queue{}, series: map[seriesKey]*series{},
		since: map[schemas.Clock]schemas.Instant{}, cut: schemas.Beginning,
	}
	a.judges[model] = j
	for k, w := range a.windows {
		if k.model == model {
			j.asks = append(j.asks, ask{at: w.At, start: w.Start, end: w.End, key: seriesKey{w.Clock, w.Version, w.Segment}, position: w.position, window: &w.Window, born: a.born[k.monitor]})
		}
	}
	j.asks = append(j.asks, a.alarmAsks(model)...)
	slices.SortFunc(j.asks, func(x, y ask) int { return cmp.Compare(x.at, y.at) })
	j.lowest = make([]schemas.Instant, len(j.asks)+1)
	j.lowest[len(j.asks)] = schemas.Forever
	for i := len(j.asks) - 1; i >= 0; i-- {
		j.lowest[i] = min(j.lowest[i+1], j.asks[i].start)
	}
	return j
}

// slice takes one slice in and judges what has become due.
func (j *judge) slice(a *Auditor, at Position, s *schemas.Slice) {
	q := j.queues[s.Partition]
	if q == nil {
		q = &queue{closed: schemas.Beginning}
		j.queues[s.Partition] = q
		if a.trimmed(at.Topic, at.Partition) {
			j.cut = max(j.cut, s.Tick)
		}
	}
	if q.open == nil {
		q.open = &batch{tick: s.Tick}
	}
	q.open.cells = append(q.open.cells, s.Cells...)
	q.open.fates = schemas.AddFates(q.open.fates, s.Fates...)
	if s.More {
		return
	}
	q.closed = s.Tick
	if len(q.open.cells) > 0 || len(q.open.fates) > 0 {
		q.ticks = append(q.ticks, *q.open)
	}
	q.open = nil
	j.advance(a)
}

// closed is the tick that every partition has closed.
func (j *judge) closed(a *Auditor) schemas.Instant {
	if len(j.queues) < len(a.extents[a.o.Topics.Scores]) {
		return schemas.Beginning
	}
	closed := schemas.Forever
	for _, q := range j.queues {
		closed = min(closed, q.closed)
	}
	return closed
}

func (j *judge) advance(a *Auditor) {
	closed := j.closed(a)
	for j.next < len(j.asks) && j.asks[j.next].at <= closed {
		at := j.asks[j.next].at
		j.merge(at)
		for j.next < len(j.asks) && j.asks[j.next].at == at {
			j.answer(a, &j.asks[j.next])
			j.next++
		}
	}
	j.merge(closed)
	for _, s := range j.series {
		n := 0
		for n < len(s.panes) && s.panes[n].start < j.lowest[j.next] {
			n++
		}
		s.panes = slices.Delete(s.panes, 0, n)
	}
}

// merge adds the ticks up to an instant.
func (j *judge) merge(to schemas.Instant) {
	for _, q := range j.queues {
		n := 0
		for ; n < len(q.ticks) && q.ticks[n].tick <= to; n++ {
			for i := range q.ticks[n].cells {
				j.add(q.ticks[n].tick, &q.ticks[n].cells[i])
			}
			j.tell(&q.ticks[n])
		}
		q.ticks = slices.Delete(q.ticks, 0, n)
	}
}

func (j *judge) add(tick schemas.Instant, c *schemas.Cell) {
	if since, ok := j.since[c.Clock]; c.Scored > 0 && (!ok || tick < since) {
		j.since[c.Clock] = tick
	}
	if c.Start >= j.lowest[j.next] {
		j.pane(seriesKey{c.Clock, c.Version, c.Segment}, c.Start).Add(&c.Sums)
	}
}

// tell adds the labels of a tick.
func (j *judge) tell(b *batch) {
	for _, f := range b.fates {
		if since, ok := j.since[ofLabels.clock]; !ok || b.tick < since {
			j.since[ofLabels.clock] = b.tick
		}
		if f.Start >= j.lowest[j.next] {
			j.pane(ofLabels, f.Start).Tell(f.Fate, f.N)
		}
	}
}

func (j *judge) pane(k seriesKey, start schemas.Instant) *metric.Sums {
	s := j.series[k]
	if s == nil {
		s = new(series)
		j.series[k] = s
	}
	i, found := s.at(start)
	if !found {
		s.panes = slices.Insert(s.panes, i, pane{start: start})
	}
	return &s.panes[i].sums
}

func (s *series) at(start schemas.Instant) (int, bool) {
	return slices.BinarySearchFunc(s.panes, start, func(p pane, start schemas.Instant) int { return cmp.Compare(p.start, start) })
}

// answer compares what was told with the sums as of its instant.
func (j *judge) answer(a *Auditor, q *ask) {
	since, scored := j.since[q.key.clock]
	width := max(a.o.EventWidth, a.o.LabelWidth, a.o.Tick)
	// A window that was configured later knows nothing of what came before it.
	late := scored && q.born > since.Add(2*width) && q.start.Add(-a.o.Skew) < q.born
	if late || j.cut != schemas.Beginning && q.start.Add(-a.o.Skew) <= j.cut || a.odd() {
		a.checked(Fold, "figures out of reach", 1)
		return
	}
	var sums metric.Sums
	if s := j.series[q.key]; s != nil {
		for i, _ := s.at(q.start); i < len(s.panes) && s.panes[i].start < q.end; i++ {
			sums.Merge(&s.panes[i].sums)
		}
	}
	if q.alarm != nil {
		j.alarm(a, q, &sums)
		return
	}
	j.window(a, q, &sums)
}

// odd reports whether slices have another width than the windows ask for now.
func (a *Auditor) odd() bool { return len(a.widths) > 0 }

func (j *judge) window(a *Auditor, q *ask, sums *metric.Sums) {
	a.checked(Fold, "windows", 1)
	w := q.window
	id := w.Name + " " + w.Start.String() + " " + w.Version + " " + w.Segment
	if w.Scored != sums.Scored || w.Labelled != sums.Labelled() || w.Assumed != sums.Assumed || w.Unlabelled != sums.Unlabelled {
		a.broken(Fold, "window-differs", id, q.position, "revision %d of %v counts %d scored, %d labelled, %d assumed, %d unlabelled; its slices %d, %d, %d, %d",
			w.Revision, w.At, w.Scored, w.Labelled, w.Assumed, w.Unlabelled, sums.Scored, sums.Labelled(), sums.Assumed, sums.Unlabelled)
		return
	}
	if want := metric.Coverage(sums.Labelled(), sums.Scored); !near(w.Coverage, want) {
		a.broken(Fold, "window-differs", id, q.position, "coverage is %v, by its counts %v", w.Coverage, want)
	}
	for _, told := range w.Metrics {
		m, err := metric.Named(told.Name)
		if err != nil {
			a.note("metric %q is not known here and was not checked", told.Name)
			continue
		}
		if m.Aged {
			a.checked(Fold, "figures that rest on label latency, not checked", 1)
			continue
		}
		want := m.Of(sums, a.o.Confidence)
		if told.Undefined != want.Undefined || told.N != want.N || !near(told.Value, want.Value) || !near(told.Low, want.Low) || !near(told.High, want.High) {
			a.broken(Fold, "window-differs", id, q.position, "%s is told as %v in [%v, %v] of %d, the slices give %v in [%v, %v] of %d",
				told.Name, told.Value, told.Low, told.High, told.N, want.Value, want.Low, want.High, want.N)
		}
	}
}

func (j *judge) alarm(a *Auditor, q *ask, sums *metric.Sums) {
	told := q.alarm
	m, err := metric.Named(told.Metric)
	if err != nil {
		a.note("metric %q is not known here and was not checked", told.Metric)
		return
	}
	if m.Aged {
		a.checked(Alarms, "figures that rest on label latency, not checked", 1)
		return
	}
	a.checked(Alarms, "figures", 1)
	want := m.Of(sums, a.o.Confidence)
	if coverage := metric.Coverage(sums.Labelled(), sums.Scored); told.N != want.N || !near(told.Value, want.Value) || !near(told.Coverage, coverage) {
		a.broken(Alarms, "alarm-differs", told.ID, q.position, "%s %v at %v rests on %s %v of %d (coverage %v), the slices give %v of %d (%v)",
			told.Name, told.State, told.At, told.Metric, told.Value, told.N, told.Coverage, want.Value, want.N, coverage)
	}
}

// end finds what was judged before it was closed, and what was closed and not judged.
func (j *judge) end(a *Auditor) {
	if closed := j.closed(a); j.next < len(j.asks) && j.cut == schemas.Beginning {
		q := &j.asks[j.next]
		a.broken(Fold, "judged-before-closed", "", q.position, "told as of %v, but the slices are closed only up to %v", q.at, closed)
	}
}

// endJudged compares what WATCH says it has judged with the slices it has read.
func (a *Auditor) endJudged() {
	n := int32(len(a.extents[a.o.Topics.Scores]))
	for w, c := range a.watches {
		least, models := schemas.Forever, 0
		for model, j := range a.judges {
			if j.partition != w {
				continue
			}
			models++
			for p := range n {
				read := schemas.Beginning
				if t := a.tellers[tellerKey{model, p}]; t != nil {
					read = t.read
				}
				least = min(least, read)
			}
		}
		if models == 0 || a.trimmed(a.o.Topics.Slices, w) {
			continue
		}
		at := Position{a.o.Topics.Slices, w, -1}
		switch want := least.Floor(a.o.Tick); {
		case c.Judged > least:
			a.broken(Commits, "judged-before-closed", "", at, "WATCH has judged %v, but the slices it has read close only %v", c.Judged, least)
		case c.Judged < want:
			a.broken(Commits, "judged-behind", "", at, "WATCH has judged %v, though the slices it has read close %v", c.Judged, want)
		}
	}
}
