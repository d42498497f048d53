package demo

import (
	"bytes"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"hindsight/app/config"
	"hindsight/schemas"
	"hindsight/scoring"
)

// dip is when the world changes (data/NOTICE.md).
var dip = schemas.InstantOf(time.Date(2019, 3, 31, 0, 0, 0, 0, time.UTC))

// answers returns what a bundle of the demo says of each loan: whether it will be repaid.
func answers(t testing.TB, name string) []bool {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bundle")
	if err := writeBundle(name, dir); err != nil {
		t.Fatal(err)
	}
	bundle, _, err := scoring.Load(dir, scoring.Require("golden", "performance"))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := openCSV()
	if err != nil {
		t.Fatal(err)
	}
	var table bytes.Buffer
	if err := bundle.ScoreTable(&table, plain, "car_loan.csv.gz"); err != nil {
		t.Fatal(err)
	}
	var out []bool
	for line := range strings.Lines(table.String()) {
		if line = strings.TrimSpace(line); line == "value" {
			continue
		}
		value, err := strconv.ParseFloat(line, 64)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, value >= 0.5)
	}
	return out
}

// wilson is the two-sided interval of a proportion at 95 %.
func wilson(k, n int) (low, high float64) {
	const z = 1.959963984540054
	p, m := float64(k)/float64(n), float64(n)
	mid := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return mid - half, mid + half
}

// daySums is what is known about the loans of one day.
type daySums struct{ scored, labelled, correct int }

// history replays a schedule and keeps what is known so far, without any of
// the pipeline's code.
type history struct {
	world   *World
	answers []bool
	wait    time.Duration // horizon and grace
	first   schemas.Instant
	days    []daySums
	loan    map[string]int
	truth   map[int]bool
	loans   int // how many have happened
	labels  int
}

func newHistory(w *World, answers []bool, wait time.Duration) *history {
	h := &history{world: w, answers: answers, wait: wait, first: w.Start().Floor(day), loan: map[string]int{}, truth: map[int]bool{}}
	h.days = make([]daySums, h.day(w.Loans[len(w.Loans)-1].At)+1)
	for i, l := range w.Loans {
		h.loan[l.ID] = i
	}
	return h
}

func (h *history) day(at schemas.Instant) int { return int(at.Sub(h.first) / day) }

// advance takes in everything up to t: loans, and labels of which the latest
// wins, but for those that come too late.
func (h *history) advance(t schemas.Instant) {
	for ; h.loans < len(h.world.Loans) && h.world.Loans[h.loans].At <= t; h.loans++ {
		h.days[h.day(h.world.Loans[h.loans].At)].scored++
		if truth, known := h.truth[h.loans]; known {
			h.count(h.loans, truth, 1)
		}
	}
	for ; h.labels < len(h.world.Labels) && h.world.Labels[h.labels].At <= t; h.labels++ {
		p := h.world.Labels[h.labels]
		i, ok := h.loan[p.EventID]
		if !ok || p.At.Sub(h.world.Loans[i].At) > h.wait {
			continue
		}
		if i < h.loans {
			if old, known := h.truth[i]; known {
				h.count(i, old, -1)
			}
			h.count(i, p.Repaid, 1)
		}
		h.truth[i] = p.Repaid
	}
}

func (h *history) count(i int, truth bool, by int) {
	d := &h.days[h.day(h.world.Loans[i].At)]
	d.labelled += by
	if truth == h.answers[i] {
		d.correct += by
	}
}

// window adds up size days from a day on.
func (h *history) window(from, size int) (s daySums) {
	for d := max(from, 0); d < min(from+size, len(h.days)); d++ {
		s.scored += h.days[d].scored
		s.labelled += h.days[d].labelled
		s.correct += h.days[d].correct
	}
	return s
}

// The rule must be silent before the world changes, with room to spare, and past
// its bound soon after, whichever bundle it follows.
func TestAlarmRuleFitsTheWorld(t *testing.T) {
	for _, bundle := range Bundles() {
		t.Run(bundle, func(t *testing.T) { checkAlarmRule(t, bundle) })
	}
}

func checkAlarmRule(t *testing.T, bundle string) {
	text, err := Install(bundle, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Parse(text, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.For(config.AllStages()); err != nil {
		t.Fatal(err)
	}
	rule := cfg.Watch.Alarms[0]
	bound, below := rule.Bound()
	window := cfg.Watch.Windows[0]
	if !below || rule.Metric != "accuracy" || rule.Confidence != 0.95 || rule.Window != window.Name || window.Slide != day || window.Clock != config.EventClock {
		t.Fatalf("the test has to follow the configuration: %+v over %+v", rule, window)
	}
	said := answers(t, bundle)
	for seed := range uint64(3) {
		w := newWorld(t, Options{Seed: seed + 1})
		h := newHistory(w, said, cfg.Labels.Horizon+cfg.Labels.Grace)
		size := int(window.Size / day)
		keep := size + int((cfg.Labels.Horizon+cfg.Labels.Grace)/day)
		lowest, fired := math.Inf(1), schemas.Forever
		for at := h.first.Add(day); at < h.first.Add(time.Duration(len(h.days))*day); at = at.Add(day) {
			h.advance(at)
			for from := h.day(at) - keep; from < h.day(at); from++ {
				s := h.window(from, size)
				if int64(s.labelled) < rule.MinLabels || float64(s.labelled) < rule.MinCoverage*float64(s.scored) {
					continue
				}
				_, high := wilson(s.correct, s.labelled)
				if at < dip {
					lowest = min(lowest, high)
				}
				if high < bound {
					fired = min(fired, at)
				}
			}
		}
		t.Logf("seed %d: the lowest upper end before the dip is %.4f; first past %.3f on %s", seed+1, lowest, bound, fired)
		if lowest < bound+0.003 {
			t.Errorf("seed %d: before the dip the upper end comes down to %.4f, too near to %.3f", seed+1, lowest, bound)
		}
		if fired < dip || fired > dip.Add(60*day) {
			t.Errorf("seed %d: first past the bound on %s, want within 60 days after %s", seed+1, fired, dip)
		}
		if seed == 0 {
			h.advance(w.End())
			t.Logf("30 days from, n, accuracy, Wilson interval, with all labels:\n%s", h.table(size))
		}
	}
}

func (h *history) table(size int) string {
	var b strings.Builder
	for from := 0; from < len(h.days); from += size {
		s := h.window(from, size)
		low, high := wilson(s.correct, s.labelled)
		fmt.Fprintf(&b, "%s %5d %.4f [%.4f, %.4f]\n", h.first.Add(time.Duration(from) * day).String()[:10],
			s.labelled, float64(s.correct)/float64(s.labelled), low, high)
	}
	return b.String()
}
