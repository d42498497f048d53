package drift

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"hindsight/drift/alarm"
	"hindsight/schemas"
)

var epoch = schemas.InstantOf(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))

func at(x float64) *float64 { return &x }

// collector keeps what was emitted as text, so that comparing is byte for byte.
type collector struct {
	lines   []string
	windows []schemas.Window
	alarms  []schemas.Alarm
}

func (c *collector) Window(w *schemas.Window) error {
	c.lines = append(c.lines, line(*w))
	c.windows = append(c.windows, *w)
	return nil
}

// line writes figures with no more digits than two ways to add them up agree on.
func line(w schemas.Window) string {
	maturity := "unknown"
	if w.Maturity != nil {
		maturity = fmt.Sprintf("%.9f", *w.Maturity)
	}
	w.Maturity = nil
	w.Metrics = slices.Clone(w.Metrics)
	for i := range w.Metrics {
		m := &w.Metrics[i]
		m.Value, m.Low, m.High = rounded(m.Value), rounded(m.Low), rounded(m.High)
	}
	return fmt.Sprintf("%+v maturity %s", w, maturity)
}

func rounded(x float64) float64 { return math.Round(x*1e9) / 1e9 }

func (c *collector) Alarm(a *schemas.Alarm) error {
	shown := *a
	shown.Value, shown.Low, shown.High = rounded(a.Value), rounded(a.Low), rounded(a.High)
	c.lines = append(c.lines, fmt.Sprintf("%+v", shown))
	c.alarms = append(c.alarms, *a)
	return nil
}

// world is a config and the ticks of each partition.
type world struct {
	config Config
	ticks  [][]schemas.Slice // by partition, whole ticks in order
}

const simulated = 6 * time.Hour

// newWorld draws windows that overlap and do not, two clocks, labels that come
// late and too late, corrections, a change of version, a drop in the middle,
// ticks that are passed in one step, and ticks with nothing in them.
func newWorld(seed uint64) world {
	random := rand.New(rand.NewPCG(seed, 1))
	w := world{config: Config{
		Model: "car-loan", Tick: time.Minute, Horizon: 40 * time.Minute, Grace: time.Duration(random.IntN(20)) * time.Minute,
		Windows: []WindowSpec{
			{Name: "hour", Size: time.Hour, Slide: 15 * time.Minute, Clock: schemas.LabelClock},
			{Name: "half", Size: 30 * time.Minute, Clock: schemas.EventClock},
			{Name: "wide", Size: 90 * time.Minute, Slide: 40 * time.Minute, Clock: schemas.EventClock},
			{Name: "odd", Size: 3 * time.Minute, Slide: 150 * time.Second, Clock: schemas.EventClock},
		},
		Metrics: []string{"accuracy", "auc", "log_loss", "balanced_accuracy", "accuracy_weighted", "accuracy_lowest", "accuracy_highest"},
		Rules: []alarm.Rule{
			{Name: "low", Metric: "accuracy", Window: "half", Below: at(0.72), MinLabels: 20, MinCoverage: 0.3, Confidence: 0.8, Severity: "page"},
			{Name: "low-held", Metric: "balanced_accuracy", Window: "hour", Segments: []string{alarm.Everything}, Below: at(0.75), Clear: at(0.8),
				MinLabels: 30, Confidence: 0.9, Hold: 7*time.Minute + 30*time.Second},
			{Name: "lossy", Metric: "log_loss", Window: "wide", Segments: []string{"", "region"}, Above: at(0.6), MinLabels: 15, MinCoverage: 0.6, Confidence: 0.8, Hold: 3 * time.Minute},
			{Name: "mature", Metric: "accuracy", Window: "half", Segments: []string{"", "region"}, Below: at(0.7), MinLabels: 10, MinMaturity: 0.8, Confidence: 0.5, Hold: 2 * time.Minute},
			{Name: "weighted", Metric: "accuracy_weighted", Window: "wide", Below: at(0.75), MinLabels: 10, Confidence: 0.6},
			{Name: "few", Feed: alarm.Coverage, Metric: "coverage", Window: "half", Segments: []string{"", "region"}, Below: at(0.52), After: 25 * time.Minute,
				MinLabels: 12, Confidence: 0.6, Hold: 2 * time.Minute},
			{Name: "quiet", Feed: alarm.Silent, Segments: []string{alarm.Everything}, For: 3 * time.Minute, Hold: time.Minute},
			{Name: "slow", Feed: alarm.Slow, Metric: "label_pace", Window: "half", Segments: []string{"", "region"}, Below: at(0.98), After: 5 * time.Minute, MinLabels: 4, Confidence: 0.2, Hold: time.Minute},
			{Name: "strays", Feed: alarm.Orphans, Metric: "label_orphans", Window: "hour", Above: at(0.3), After: 2 * time.Minute, MinLabels: 10, Confidence: 0.6, Hold: time.Minute},
			{Name: "quarrels", Feed: alarm.Conflicts, Metric: "label_conflicts", Window: "hour", Above: at(0.25), Clear: at(0.2), MinLabels: 10, Confidence: 0.6, Hold: 2 * time.Minute},
			{Name: "flat", Metric: "auc", Window: "odd", Below: at(0.8), Confidence: 0.5},
		},
	}}
	w.config.Publish = []time.Duration{0, 7 * time.Minute, 150 * time.Second}[seed%3]
	for p := range 1 + random.IntN(3) {
		w.ticks = append(w.ticks, drawPartition(random, w.config, int32(p)))
	}
	for p := range w.ticks {
		for i := range w.ticks[p] {
			w.ticks[p][i].Partitions = int32(len(w.ticks))
		}
	}
	return w
}

func drawPartition(random *rand.Rand, config Config, p int32) []schemas.Slice {
	var ticks []schemas.Slice
	var past []schemas.Cell // to take back from
	var waiting []schemas.FateCount
	var gaveUp schemas.Instant
	end := epoch.Add(simulated)
	for tick := epoch; tick < end; {
		tick = tick.Add(config.Tick * time.Duration(1+random.IntN(4)*random.IntN(2)*random.IntN(8)))
		s := schemas.Slice{Model: config.Model, Partition: p, Tick: min(tick, end)}
		if tick.Sub(epoch) > simulated*2/3 && tick.Sub(epoch) < simulated*5/6 {
			ticks = append(ticks, s) // a silence, long enough for rules to lose sight
			continue
		}
		for range random.IntN(5) {
			s.Cells = append(s.Cells, drawCells(random, config, tick)...)
		}
		if len(past) > 0 && random.IntN(3) == 0 {
			i := random.IntN(len(past)) // once: a label is taken back no oftener than it was given
			s.Cells = append(s.Cells, correction(past[i]))
			past = slices.Delete(past, i, i+1)
		}
		switch {
		case p != 0:
		case gaveUp == 0 && tick.Sub(epoch) > time.Hour:
			gaveUp = tick
			s.Cells = append(s.Cells, lone(gaveUp, 1))
		case gaveUp > 0 && tick.Sub(gaveUp) > 5*time.Minute:
			s.Cells = append(s.Cells, lone(gaveUp, -1))
			gaveUp = -1
		}
		for _, cell := range s.Cells {
			if cell.Scored > 0 && cell.Lossy > 0 {
				past = append(past, cell)
			}
		}
		s.Cells = combined(s.Cells) // as JOIN does in each part
		s.Fates = drawFates(rand.New(rand.NewPCG(uint64(tick), uint64(p))), tick, &waiting)
		ticks = append(ticks, s)
	}
	last := schemas.Slice{Model: config.Model, Partition: p, Tick: end.Add(5 * time.Hour)}
	return append(ticks, last)
}

// drawFates are labels, of which more are astray or contradict at times; those
// that wait come to a fate later on, some too late for their windows.
func drawFates(random *rand.Rand, tick schemas.Instant, waiting *[]schemas.FateCount) (fates []schemas.FateCount) {
	const width = 30 * time.Second
	since := tick.Sub(epoch)
	for range random.IntN(6) {
		f := schemas.FateCount{Start: (tick - 1).Floor(width), Width: width, N: 1}
		f.Fate = []schemas.Fate{schemas.Used, schemas.Used, schemas.SameAgain, schemas.TooLate}[random.IntN(4)]
		switch {
		case random.IntN(2) > 0:
		case since > simulated/4 && since < simulated/2:
			f.Fate = schemas.NoFate
			*waiting = append(*waiting, f)
		case since > simulated/3 && since < simulated*3/5:
			f.Fate = []schemas.Fate{schemas.Conflict, schemas.Revision}[random.IntN(2)]
		}
		fates = schemas.AddFates(fates, f)
	}
	for n := len(*waiting); n > 0 && random.IntN(3) == 0; n = len(*waiting) {
		i := random.IntN(n)
		f := (*waiting)[i]
		*waiting = slices.Delete(*waiting, i, i+1)
		f.N = -1
		fates = schemas.AddFates(fates, f)
		f.N, f.Fate = 1, []schemas.Fate{schemas.Used, schemas.Orphan}[random.IntN(2)]
		fates = schemas.AddFates(fates, f)
	}
	return fates
}

// lone is a score that nothing else is like, unlabelled at first (1); when its
// label comes, it is taken away from there again (-1).
func lone(at schemas.Instant, sign int64) schemas.Cell {
	const width = 30 * time.Second
	cell := schemas.Cell{Clock: schemas.LabelClock, Start: (at - 1).Floor(width), Width: width, Version: "1", Role: "champion", Segment: "region=lone"}
	cell.Scored, cell.Unlabelled = sign, sign
	return cell
}

// drawCells is one outcome: a cell for each clock and segment.
func drawCells(random *rand.Rand, config Config, tick schemas.Instant) []schemas.Cell {
	const width = 30 * time.Second
	late := time.Duration(random.Int64N(int64(70 * time.Minute)))
	version := "1"
	if tick.Sub(epoch) > simulated/2 {
		version = "2"
	}
	right := 0.9
	if since := tick.Sub(epoch); since > simulated/4 && since < simulated/2 {
		right = 0.55
	}
	sums := schemas.Sums{Scored: 3}
	var learnt schemas.Sums
	for range random.IntN(4) {
		truth, score := random.IntN(2) == 0, 0.5+random.Float64()/2
		if truth != (random.Float64() < right) {
			score = 1 - score
		}
		merge(&sums, truth, score)
		weigh(&sums, truth, score, rand.New(rand.NewPCG(uint64(tick), math.Float64bits(score))))
		o := schemas.Observation{Truth: map[bool]string{false: "0", true: "1"}[truth], Prediction: map[bool]string{false: "0", true: "1"}[score >= 0.5], Positive: "1", Value: score}
		learnt.Await(1, o.Positive, o.Value)
		learnt.Learn(1, o, schemas.DelayBin(time.Duration(float64(late)*random.Float64())))
	}
	delays := learnt.Delays
	sums.Values = learnt.Values
	region := []string{"region=eu", "region=us", "region="}[random.IntN(3)]
	var cells []schemas.Cell
	for _, segment := range []string{"", region} {
		for _, clock := range []schemas.Clock{schemas.EventClock, schemas.LabelClock} {
			start := tick.Add(-late)
			if clock == schemas.LabelClock {
				start = tick - 1
			}
			cell := schemas.Cell{Clock: clock, Start: start.Floor(width), Width: width,
				Version: version, Role: "champion", Segment: segment, Sums: sums}
			if clock == schemas.EventClock {
				cell.Delays, cell.Values = delays, sums.Values
			} else {
				cell.Values = nil
			}
			cells = append(cells, cell)
		}
	}
	if random.IntN(5) == 0 {
		shadow := cells[0]
		shadow.Role, shadow.Version = challenger, "3"
		cells = append(cells, shadow)
	}
	return cells
}

// weigh gives every other outcome a weight.
func weigh(sums *schemas.Sums, truth bool, score float64, random *rand.Rand) {
	extra, err := schemas.ExtraOf(math.Exp(random.NormFloat64()))
	if random.IntN(2) == 0 || err != nil {
		return
	}
	class := map[bool]string{false: "0", true: "1"}
	var s schemas.Sums
	s.Observe(1, schemas.Observation{Truth: class[truth], Prediction: class[score >= 0.5], Positive: "1", Value: score, Extra: extra})
	sums.PairWeights = schemas.AddPairWeights(sums.PairWeights, s.PairWeights, 1)
	sums.BinWeights = schemas.AddBinWeights(sums.BinWeights, s.BinWeights, 1)
}

func merge(sums *schemas.Sums, truth bool, score float64) {
	p, class := score, "0"
	prediction := "0"
	if score >= 0.5 {
		prediction = "1"
	}
	if truth {
		class = "1"
	} else {
		p = 1 - score
	}
	loss := -math.Log(max(p, 1e-15))
	pair := schemas.Pair{Truth: class, Prediction: prediction, N: 1}
	i, found := slices.BinarySearchFunc(sums.Pairs, pair, func(a, b schemas.Pair) int {
		return cmp.Or(cmp.Compare(a.Truth, b.Truth), cmp.Compare(a.Prediction, b.Prediction))
	})
	if found {
		sums.Pairs[i].N++
	} else {
		sums.Pairs = slices.Insert(sums.Pairs, i, pair)
	}
	bin := schemas.HistogramBin{Positive: truth, Bin: uint16(min(score*schemas.HistogramBins, schemas.HistogramBins-1)), N: 1}
	sums.Merge(&schemas.Sums{Histogram: []schemas.HistogramBin{bin}})
	sums.Lossy++
	sums.LossSum += int64(math.Round(loss * schemas.LossScale))
	sums.LossSquares += int64(math.Round(loss * loss * schemas.LossScale))
}

// correction turns the first truth of the cell over.
func correction(cell schemas.Cell) schemas.Cell {
	class := map[bool]string{false: "0", true: "1"}
	bin := cell.Histogram[0]
	prediction := class[bin.Bin >= schemas.HistogramBins/2]
	delays, pairs, bins := cell.Delays, cell.PairWeights, cell.BinWeights
	cell.Sums = schemas.Sums{}
	for _, d := range delays {
		if d.Truth == class[bin.Positive] { // a corrected class takes its delay along
			cell.Delays = []schemas.Delay{{Truth: d.Truth, Bin: d.Bin, N: -1}, {Truth: class[!bin.Positive], Bin: d.Bin, N: 1}}
			slices.SortFunc(cell.Delays, func(a, b schemas.Delay) int { return cmp.Compare(a.Truth, b.Truth) })
			break
		}
	}
	for positive, n := range map[bool]int64{bin.Positive: -1, !bin.Positive: 1} {
		cell.Merge(&schemas.Sums{
			Pairs:     []schemas.Pair{{Truth: class[positive], Prediction: prediction, N: n}},
			Histogram: []schemas.HistogramBin{{Positive: positive, Bin: bin.Bin, N: n}},
		})
	}
	for _, p := range pairs {
		if p.Truth == class[bin.Positive] && p.Prediction == prediction {
			cell.PairWeights = schemas.AddPairWeights(cell.PairWeights, []schemas.PairWeight{p}, -1)
			p.Truth = class[!bin.Positive]
			cell.PairWeights = schemas.AddPairWeights(cell.PairWeights, []schemas.PairWeight{p}, 1)
		}
	}
	for _, b := range bins {
		if b.Positive == bin.Positive && b.Bin == bin.Bin {
			cell.BinWeights = schemas.AddBinWeights(cell.BinWeights, []schemas.BinWeight{b}, -1)
			b.Positive = !b.Positive
			cell.BinWeights = schemas.AddBinWeights(cell.BinWeights, []schemas.BinWeight{b}, 1)
		}
	}
	return cell
}

// topic writes the ticks onto one slices partition: partitions interleaved at
// random, ticks cut into parts.
func (w *world) topic(random *rand.Rand) []schemas.Slice {
	var log []schemas.Slice
	next := make([]int, len(w.ticks))
	ahead := 1 + random.IntN(200) // how far one partition may run before the others
	for {
		var ready []int
		least := math.MaxInt
		for p := range next {
			if next[p] < len(w.ticks[p]) {
				least = min(least, next[p])
			}
		}
		for p := range next {
			if next[p] < len(w.ticks[p]) && next[p] < least+ahead {
				ready = append(ready, p)
			}
		}
		if len(ready) == 0 {
			return log
		}
		p := ready[random.IntN(len(ready))]
		log = append(log, parts(w.ticks[p][next[p]], random)...)
		next[p]++
	}
}

func parts(s schemas.Slice, random *rand.Rand) []schemas.Slice {
	var split []schemas.Slice
	cells, fates := s.Cells, s.Fates
	for {
		n := len(cells)
		if n > 1 && random.IntN(3) == 0 {
			n = 1 + random.IntN(n-1)
		}
		part := s
		part.Part, part.Cells, part.More = int32(len(split)), cells[:n:n], n < len(cells)
		told := len(fates)
		if part.More {
			told /= 2
		}
		part.Fates, fates = fates[:told:told], fates[told:]
		split = append(split, part)
		if cells = cells[n:]; len(cells) == 0 {
			return split
		}
	}
}

// run feeds a topic, judging and repeating slices at random.
func (w *world) run(t *testing.T, log []schemas.Slice, random *rand.Rand) (*Watch, *collector) {
	t.Helper()
	watch, out := mustWatch(t, w.config), &collector{}
	for offset := range log {
		mustAdd(t, watch, &log[offset], int64(offset))
		for random.IntN(10) == 0 {
			again := max(0, offset-random.IntN(4))
			mustAdd(t, watch, &log[again], int64(again))
		}
		if random.IntN(8) == 0 {
			mustJudge(t, watch, out)
		}
	}
	mustJudge(t, watch, out)
	return watch, out
}

func mustWatch(t testing.TB, config Config) *Watch {
	t.Helper()
	watch, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return watch
}

func mustAdd(t testing.TB, watch *Watch, s *schemas.Slice, offset int64) {
	t.Helper()
	if err := watch.Add(s, offset); err != nil {
		t.Fatal(err)
	}
}

func mustJudge(t testing.TB, watch *Watch, out Emitter) {
	t.Helper()
	if err := watch.Judge(out); err != nil {
		t.Fatal(err)
	}
}

// same fails at the first line that differs.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("%s: emission %d of %d\n got %s\nwant %s", what, i, len(want), got[i], want[i])
		}
	}
	if len(got) != len(want) {
		longer := slices.Concat(got[min(len(got), len(want)):], want[min(len(got), len(want)):])
		t.Fatalf("%s: %d emissions, want %d; first in excess: %s", what, len(got), len(want), longer[0])
	}
}
