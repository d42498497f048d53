package drift

import (
	"maps"
	"slices"
	"time"

	"hindsight/drift/metric"
	"hindsight/schemas"
)

// dullCurve is P(label before age | it ever comes), written down from all cells
// there are: of the whole segment by Kaplan–Meier, of a class on reversed time.
type dullCurve struct {
	labels int64
	ever   float64
	edges  []time.Duration
	at     []float64
}

func (d *dull) wait() time.Duration { return d.config.Horizon + d.config.Grace }

// curve looks at each cohort by itself. classed: of that truth alone.
func (d *dull) curve(segment string, classed bool, truth string, before, now schemas.Instant) (k dullCurve) {
	slice, _ := Width(d.config.Windows, schemas.EventClock, 0)
	width, top := cohortWidth(slice, d.wait()), int(schemas.DelayBin(d.wait()))
	scored, came := map[schemas.Instant]int64{}, map[schemas.Instant]map[int]int64{}
	for i := range d.cells {
		c := &d.cells[i]
		start := c.Start.Floor(width)
		if c.Clock != schemas.EventClock || c.Segment != segment || c.tick > now || start.Add(width).Add(2*d.wait()) <= now || start.Add(width) > before {
			continue
		}
		scored[start] += c.Scored
		if came[start] == nil {
			came[start] = map[int]int64{}
		}
		for _, x := range c.Delays {
			if !classed || x.Truth == truth {
				came[start][min(int(x.Bin), top)] += x.N
			}
		}
	}
	end := func(b int) time.Duration { return min(schemas.DelayEdge(uint16(b+1)), d.wait()) }
	here, earlier, without := make([]float64, top+1), make([]float64, top+1), make([]float64, top+1)
	for start := range scored {
		var until int64 // labels that came before the bin
		for b := range top + 1 {
			if start.Add(width).Add(end(b)) > now {
				break
			}
			here[b] += float64(came[start][b])
			earlier[b] += float64(until)
			without[b] += float64(scored[start] - until)
			if b == top {
				k.labels += until + came[start][b]
			}
			until += came[start][b]
		}
	}
	k.edges, k.at = append(k.edges, 0), append(k.at, 0)
	missed := 1.0
	for b := range top + 1 {
		k.edges = append(k.edges, end(b))
		if without[b] > 0 {
			missed *= 1 - here[b]/without[b]
		}
		k.at = append(k.at, 1-missed)
	}
	k.ever = 1 - missed
	for i := range k.at {
		k.at[i] /= 1 - missed
	}
	if classed {
		share := 1.0
		for b := top; b >= 0; b-- {
			k.at[b+1] = share
			if earlier[b]+here[b] == 0 {
				share = 0
			} else {
				share *= earlier[b] / (earlier[b] + here[b])
			}
		}
		k.at[0] = share
	}
	return k
}

// mean adds up the trapezes under the curve between two ages.
func (k *dullCurve) mean(young, old time.Duration) float64 {
	height := func(age time.Duration) float64 {
		for b := range len(k.edges) - 1 {
			if age < k.edges[b+1] {
				x := float64(age-k.edges[b]) / float64(k.edges[b+1]-k.edges[b])
				return k.at[b]*(1-x) + k.at[b+1]*x
			}
		}
		return 1
	}
	area, from := 0.0, young
	for _, e := range append(k.edges[1:], old) {
		if to := min(max(e, from), old); to > from {
			// The curve may leap at an edge: it is looked at just before.
			area += float64(to-from) * (height(from) + height(to-1)) / 2
			from = to
		}
	}
	return area / float64(old-young)
}

// pace counts, of each pane, the labels that the segment's earlier events have
// had by the lower edge of the bin that its youngest event has reached.
func (d *dull) pace(s WindowSpec, key dullKey, sums *metric.Sums, confidence float64, now schemas.Instant) schemas.Metric {
	k := d.curve(key.segment, false, "", key.start, now)
	if k.labels < curveLabels {
		return schemas.Metric{Name: "label_pace", Undefined: "not learnt"}
	}
	due, final := 0.0, d.final(s, key.start) <= now
	if final {
		due = float64(sums.Scored) * k.ever
	}
	for i := range d.cells {
		c := &d.cells[i]
		if final || c.Clock != s.Clock || c.tick > now || c.Version != key.version || c.Segment != key.segment || c.Start < key.start || c.Start >= key.start.Add(s.Size) {
			continue
		}
		young := now.Sub(c.Start.Floor(s.grain()).Add(s.grain()))
		b := len(k.edges) - 1
		for b > 0 && k.edges[b] > young {
			b--
		}
		due += float64(c.Scored) * k.ever * k.at[b]
	}
	return metric.Pace(sums.Labelled(), sums.Scored, due, confidence)
}

// classes are those that are learnt: the first of all truths that came.
func (d *dull) classes(segment string, now schemas.Instant) []string {
	slice, _ := Width(d.config.Windows, schemas.EventClock, 0)
	width := cohortWidth(slice, d.wait())
	all := map[string]bool{}
	for i := range d.cells {
		c := &d.cells[i]
		if c.Clock == schemas.EventClock && c.Segment == segment && c.tick <= now && c.Start.Floor(width).Add(width).Add(2*d.wait()) > now {
			for _, x := range c.Delays {
				all[x.Truth] = x.Truth != ""
			}
		}
	}
	first := slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(truth string) bool { return !all[truth] })
	return first[:min(len(first), 64)]
}

// own is the curve that a segment goes by.
func (d *dull) own(segment string, now schemas.Instant) (of string, k dullCurve) {
	key := dullKey{segment: segment, start: now}
	if known, ok := d.curves[key]; ok {
		return known.of, known.curve
	}
	of, k = segment, d.curve(segment, false, "", schemas.Forever, now)
	if segment != "" && k.labels < curveLabels {
		of, k = d.own("", now)
	}
	d.curves[key] = dullOwn{of, k}
	return of, k
}

type dullOwn struct {
	of    string
	curve dullCurve
}

// maturity weighs the scores of each pane of a window by the share of their labels that should be in.
func (d *dull) maturity(s WindowSpec, key dullKey, now schemas.Instant) (share float64, why string) {
	if s.Clock != schemas.EventClock {
		return 0, "label clock"
	}
	if d.final(s, key.start) <= now {
		return 1, ""
	}
	scored := map[schemas.Instant]int64{}
	for i := range d.cells {
		c := &d.cells[i]
		if c.Clock == s.Clock && c.tick <= now && c.Version == key.version && c.Segment == key.segment && c.Start >= key.start && c.Start < key.start.Add(s.Size) {
			scored[c.Start.Floor(s.grain())] += c.Scored
		}
	}
	_, k := d.own(key.segment, now)
	all := int64(0)
	for pane, n := range scored {
		young, old := max(0, now.Sub(pane.Add(s.grain()))), now.Sub(pane)
		switch {
		case n == 0:
			continue
		case young >= d.wait():
			share += float64(n)
		case k.labels < curveLabels:
			return 0, "not learnt"
		case old > 0:
			share += float64(n) * k.mean(young, old)
		}
		all += n
	}
	return share / float64(all), ""
}

// figure reads a metric; one that goes by age, off panes that are put together
// until 15 % of every class should be known.
func (d *dull) figure(m metric.Metric, s WindowSpec, key dullKey, sums *metric.Sums, confidence float64, now schemas.Instant) schemas.Metric {
	final := d.final(s, key.start) <= now
	switch {
	case m.Name == metric.OfPace:
		return d.pace(s, key, sums, confidence, now)
	case !m.Aged:
		return m.Of(sums, confidence)
	case s.Clock != schemas.EventClock:
		return m.Undefined(sums.Labelled(), "label clock")
	case final:
		return m.Weigh([]metric.Sample{{Pairs: sums.Pairs(), Weights: sums.Weights()}}, confidence)
	}
	of, _ := d.own(key.segment, now)
	known := map[string]dullCurve{}
	for _, p := range sums.Pairs() {
		if !slices.Contains(d.classes(of, now), p.Truth) {
			return m.Undefined(sums.Labelled(), "not learnt")
		}
		c := dullKey{name: "class " + p.Truth, segment: of, start: now}
		if _, ok := d.curves[c]; !ok {
			d.curves[c] = dullOwn{of, d.curve(of, true, p.Truth, schemas.Forever, now)}
		}
		if known[p.Truth] = d.curves[c].curve; known[p.Truth].labels < classLabels {
			return m.Undefined(sums.Labelled(), "not learnt")
		}
	}
	panes := map[schemas.Instant]*metric.Sums{}
	for i := range d.cells {
		c := &d.cells[i]
		if c.Clock == s.Clock && c.tick <= now && c.Version == key.version && c.Segment == key.segment && c.Start >= key.start && c.Start < key.start.Add(s.Size) {
			at := c.Start.Floor(s.grain())
			if panes[at] == nil {
				panes[at] = &metric.Sums{}
			}
			panes[at].Add(&c.Sums)
		}
	}
	var parts [][]schemas.Instant
	due := func(part []schemas.Instant, truth string) float64 {
		all, due := 0.0, 0.0
		for _, pane := range part {
			n, young, old := float64(panes[pane].Scored), max(0, now.Sub(pane.Add(s.grain()))), now.Sub(pane)
			all += n
			switch k := known[truth]; {
			case young >= d.wait():
				due += n
			case old > 0:
				due += n * k.mean(young, old)
			}
		}
		if all == 0 {
			return 0
		}
		return due / all
	}
	enough := func(part []schemas.Instant) bool {
		for truth := range known {
			if due(part, truth) < 0.15 {
				return false
			}
		}
		scored := int64(0)
		for _, pane := range part {
			scored += panes[pane].Scored
		}
		return scored > 0
	}
	var part []schemas.Instant
	for _, pane := range slices.Sorted(maps.Keys(panes)) {
		if part = append(part, pane); enough(part) {
			parts, part = append(parts, part), nil
		}
	}
	if len(parts) == 0 {
		return m.Undefined(sums.Labelled(), "immature")
	}
	last := len(parts) - 1
	for parts[last] = append(parts[last], part...); !enough(parts[last]); last-- {
		if last == 0 {
			return m.Undefined(sums.Labelled(), "immature")
		}
		parts[last-1] = append(parts[last-1], parts[last]...)
		parts = parts[:last]
	}
	var samples []metric.Sample
	for _, part := range parts {
		var all metric.Sums
		shares := map[string]float64{}
		for _, pane := range part {
			all.Merge(panes[pane])
		}
		for truth := range known {
			shares[truth] = due(part, truth)
		}
		samples = append(samples, metric.Sample{Pairs: all.Pairs(), Weights: all.Weights(), Known: shares})
	}
	return m.Weigh(samples, confidence)
}
