package labels

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"hindsight/schemas"
)

// maxCells is how many cells one slice record may have.
const maxCells = 2000

// cell names one of the sums of a tick.
type cell struct {
	model   string
	clock   schemas.Clock
	start   schemas.Instant
	version string
	segment string
}

func (c cell) compare(d cell) int {
	return cmp.Or(
		strings.Compare(c.model, d.model),
		cmp.Compare(c.clock, d.clock),
		cmp.Compare(c.start, d.start),
		strings.Compare(c.version, d.version),
		strings.Compare(c.segment, d.segment),
	)
}

// tickSums are what one tick adds.
type tickSums struct {
	tick  schemas.Instant
	cells map[cell]*schemas.Sums
	fates []schemas.FateCount
}

func (t *tickSums) begin(tick schemas.Instant) {
	t.tick = tick
	if t.cells == nil {
		t.cells = map[cell]*schemas.Sums{}
	}
	clear(t.cells)
	t.fates = nil
}

// change is what one event adds to each of its cells.
type change struct {
	scored, unlabelled int64
	take, give         *schemas.Observation // taken back, counted
	of                 *entry               // on the event clock: whose delay and value count
}

// scored counts an applied score, which is known on the event clock only.
func (t *tickSums) scored(c *Config, e *entry) {
	t.onEvents(c, e, change{scored: 1})
}

// gaveUp counts an entry that was decided without a label.
func (t *tickSums) gaveUp(c *Config, e *entry) {
	n := change{unlabelled: 1}
	if e.kind == schemas.Assumed {
		n = change{give: observe(e, e.truth, 0)}
	}
	t.onEvents(c, e, n)
	n.scored = 1
	t.onLabels(c, e, n)
}

// matched counts the first label of an entry. What was unlabelled moves to the
// time of the label; what was assumed is corrected where it stands.
func (t *tickSums) matched(c *Config, e *entry, l *Label) {
	n := change{give: &schemas.Observation{
		Truth: l.Truth, Prediction: e.score.Prediction, Positive: e.score.Positive, Value: e.score.Value, Extra: l.Extra,
	}}
	switch e.kind {
	case schemas.Assumed:
		n.take = observe(e, e.truth, 0)
		t.onEvents(c, e, n)
		t.onLabels(c, e, n)
		return
	case schemas.Unlabelled:
		t.onLabels(c, e, change{scored: -1, unlabelled: -1})
		n.unlabelled = -1
	}
	e.booked = max(e.score.Arrival, l.Arrival)
	t.onEvents(c, e, n)
	n.scored, n.unlabelled = 1, 0
	t.onLabels(c, e, n)
}

// revised corrects the truth of an entry, and its weight, where it was first counted.
func (t *tickSums) revised(c *Config, e *entry, truth string, extra schemas.Extra) {
	n := change{take: observe(e, e.truth, e.extra), give: observe(e, truth, extra)}
	t.onEvents(c, e, n)
	t.onLabels(c, e, n)
}

// fated counts a label, sign times: what became of it, or that it waits.
func (t *tickSums) fated(c *Config, l *Label, f schemas.Fate, sign int64) {
	t.fates = schemas.AddFates(t.fates, schemas.FateCount{Start: l.Arrival.Floor(c.LabelWidth), Width: c.LabelWidth, Fate: f, N: sign})
}

// observe returns how an entry counts with a truth, assumed while its kind says so.
func observe(e *entry, truth string, extra schemas.Extra) *schemas.Observation {
	return &schemas.Observation{
		Truth: truth, Prediction: e.score.Prediction, Positive: e.score.Positive, Value: e.score.Value,
		Assumed: e.kind == schemas.Assumed, Extra: extra,
	}
}

func (t *tickSums) onEvents(c *Config, e *entry, n change) {
	n.of = e
	t.add(schemas.EventClock, e.score.EventTime.Floor(c.EventWidth), e, n)
}

func (t *tickSums) onLabels(c *Config, e *entry, n change) {
	t.add(schemas.LabelClock, e.booked.Floor(c.LabelWidth), e, n)
}

// add adds n to the whole and to each segment.
func (t *tickSums) add(clock schemas.Clock, start schemas.Instant, e *entry, n change) {
	at := cell{model: e.score.Model, clock: clock, start: start, version: e.score.Version}
	t.addTo(at, n)
	for _, s := range e.score.Segments {
		at.segment = s.Field + "=" + s.Value
		t.addTo(at, n)
	}
}

func (t *tickSums) addTo(at cell, n change) {
	s := t.cells[at]
	if s == nil {
		s = new(schemas.Sums)
		t.cells[at] = s
	}
	s.Scored += n.scored
	s.Unlabelled += n.unlabelled
	if n.take != nil {
		s.Observe(-1, *n.take)
	}
	if n.give != nil {
		s.Observe(1, *n.give)
	}
	if n.of != nil {
		n.learn(s)
	}
}

// learn counts what the event clock alone tells: how long truths take, and what
// the scores with and without one are like. The first truth of an entry fixes
// its delay, whatever corrects it.
func (n change) learn(s *schemas.Sums) {
	score := &n.of.score
	if n.scored != 0 {
		s.Await(n.scored, score.Positive, score.Value)
	}
	delay := schemas.DelayBin(n.of.booked.Sub(score.EventTime))
	if n.take != nil {
		s.Learn(-1, *n.take, delay)
	}
	if n.give != nil {
		s.Learn(1, *n.give, delay)
	}
}

// emitSlices publishes what the tick adds, in one or more parts for each model:
// all of it, or, where more will follow, what it has added since it was left.
func (j *Join) emitSlices(more bool) error {
	t := &j.sums
	maps.DeleteFunc(t.cells, func(_ cell, s *schemas.Sums) bool { return s.IsZero() })
	byModel := map[string][]cell{}
	for c := range t.cells {
		byModel[c.model] = append(byModel[c.model], c)
	}
	if a := j.meta.Amid; a != nil && !more { // parts that were published want a last one
		for model := range a.Parts {
			byModel[model] = byModel[model][:len(byModel[model]):len(byModel[model])]
		}
	}
	if of := j.config.FatesOf; of != "" && len(t.fates) > 0 {
		byModel[of] = byModel[of][:len(byModel[of]):len(byModel[of])]
	}
	for _, model := range slices.Sorted(maps.Keys(byModel)) {
		cells := byModel[model]
		slices.SortFunc(cells, cell.compare)
		if err := j.emitParts(model, cells, more); err != nil {
			return err
		}
	}
	return nil
}

func (j *Join) emitParts(model string, of []cell, more bool) error {
	s := schemas.Slice{Model: model, Partition: j.id, Partitions: j.partitions, Tick: j.sums.tick}
	if j.meta.Amid != nil {
		s.Part = j.meta.Amid.Parts[model]
	}
	if model == j.config.FatesOf {
		s.Fates = j.sums.fates
	}
	for s.More = true; s.More; s.Part++ {
		part := of[:min(len(of), maxCells)]
		s.Cells = s.Cells[:0]
		for _, c := range part {
			s.Cells = append(s.Cells, schemas.Cell{
				Clock: c.clock, Start: c.start, Width: j.width(c.clock),
				Version: c.version, Role: champion, Segment: c.segment, Sums: *j.sums.cells[c],
			})
		}
		of = of[len(part):]
		s.More = more || len(of) > 0
		if err := j.emit.Slice(&s); err != nil {
			return err
		}
		s.Fates = nil
		if more && len(of) == 0 {
			j.meta.Amid.Parts[model] = s.Part + 1
			return nil
		}
	}
	j.told[model] = s.Tick
	return nil
}

func (j *Join) width(c schemas.Clock) time.Duration {
	if c == schemas.EventClock {
		return j.config.EventWidth
	}
	return j.config.LabelWidth
}
