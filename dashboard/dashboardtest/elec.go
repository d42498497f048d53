package dashboardtest

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"hindsight/dashboard"
	"hindsight/schemas"
)

// Hostile is a segment whose value would run as a script, move a terminal's
// cursor or turn the reading direction, if anything let it.
const Hostile = "region=<img src=x onerror=\"window.pwned=1\">\x1b[31m\u202e\"'&"

// Elec returns a snapshot like that of the demo in its last third: n hopping
// windows of an hour on the label clock for the whole and four segments, of
// which the last is Hostile, and the days on the event clock with their newest
// labels still due. It is the same every time.
func Elec(n int) dashboard.Snapshot {
	rng := rand.New(rand.NewPCG(1, 2))
	start := schemas.InstantOf(time.Date(1998, 4, 30, 6, 0, 0, 0, time.UTC))
	now := start.Add(time.Duration(n) * 5 * time.Minute)
	s := dashboard.Snapshot{
		Title: "hindsight demo: electricity prices", Model: "elec", Version: "1",
		StreamTime: now, WallSeconds: 42.5, Speed: 7200, Ready: true,
		Events: 45312, Scores: 45300, DeadLetters: 12, LabelsRead: 38402,
		Labels: map[string]int64{"used": 38190, "duplicate": 96, "revision": 41, "conflict": 0,
			"orphan": 7, "too_late": 3, "dead_letter": 2, "waiting": 63},
		Outcomes: map[string]int64{"matched": 38190, "assumed": 0, "unlabelled": 410, "duplicate": 25, "pending": 6675},
		Rules: []dashboard.Rule{{Name: "accuracy-low", Metric: "accuracy", Window: "hour", Severity: "page",
			Bound: 0.80, Below: true, Clear: 0.82, Segments: []string{"", "region"}}},
		Sources: []dashboard.Source{
			{Topic: "events", Partition: 0, Clock: now.Add(4 * time.Minute)},
			{Topic: "events", Partition: 1, Clock: now.Add(2 * time.Minute)},
			{Topic: "labels", Partition: 0, Clock: now},
			{Topic: "labels", Partition: 1, Clock: schemas.Beginning, Idle: true},
		},
		Partitions: []dashboard.Partition{{Partition: 0, ClosedTick: now}, {Partition: 1, ClosedTick: now}},
	}
	segments := []string{"", "region=NSW", "region=QLD", "region=VIC", Hostile}
	for _, segment := range segments {
		for i := range n {
			end := start.Add(time.Duration(i+1) * 5 * time.Minute)
			s.Windows = append(s.Windows, hour(rng, segment, end, now, float64(i)/float64(n), i == n/3))
		}
	}
	for i := range 8 {
		s.Windows = append(s.Windows, day(rng, start.Floor(24*time.Hour).Add(time.Duration(i-6)*24*time.Hour), now))
	}
	s.Alarms = alarms(s)
	return s
}

// level is the accuracy that the story gives: good, a bad spell, good again,
// and a slow decline that goes on.
func level(segment string, x float64) float64 {
	v := 0.865 + 0.012*math.Sin(25*x)
	v -= 0.11 * math.Exp(-math.Pow((x-0.45)/0.05, 2))
	v -= 0.13 / (1 + math.Exp(-(x-0.88)/0.025))
	if segment == "region=VIC" {
		v -= 0.03
	}
	return v
}

func hour(rng *rand.Rand, segment string, end, now schemas.Instant, x float64, empty bool) schemas.Window {
	n := int64(1150 + rng.IntN(120))
	if segment != "" {
		n /= 4
	}
	coverage, state := 0.97+0.02*rng.Float64(), schemas.Final
	if behind := now.Sub(end); behind < 4*time.Hour {
		state, coverage = schemas.Provisional, 0.55+0.4*behind.Hours()/4
	} else if behind < 8*time.Hour {
		state = schemas.Mature
	}
	w := schemas.Window{Model: "elec", Name: "hour", Clock: schemas.LabelClock, Start: end.Add(-time.Hour), End: end,
		Version: "1", Segment: segment, State: state, Revision: 1, At: now, Scored: n,
		Labelled: int64(float64(n) * coverage), Coverage: coverage}
	if empty {
		w.Labelled, w.Coverage, w.Unlabelled = 0, 0, n
		w.Metrics = []schemas.Metric{{Name: "accuracy", Undefined: "empty"}, {Name: "log_loss", Undefined: "empty"}}
		return w
	}
	v := level(segment, x) + 0.01*rng.NormFloat64()
	half := 1.96 * math.Sqrt(v*(1-v)/float64(w.Labelled))
	loss := 1.4 - 1.2*v
	w.Metrics = []schemas.Metric{
		{Name: "accuracy", Value: v, Low: v - half, High: v + half, N: w.Labelled},
		{Name: "log_loss", Value: loss, Low: loss - half, High: loss + half, N: w.Labelled},
	}
	return w
}

func day(rng *rand.Rand, start, now schemas.Instant) schemas.Window {
	w := schemas.Window{Model: "elec", Name: "day", Clock: schemas.EventClock, Start: start, End: start.Add(24 * time.Hour),
		Version: "1", State: schemas.Final, Revision: 3, At: now, Scored: 2400, Labelled: 2350, Coverage: 2350.0 / 2400}
	if w.End > now.Add(-36*time.Hour) {
		maturity := 0.62
		w.State, w.Maturity, w.Labelled, w.Coverage = schemas.Provisional, &maturity, 1480, 1480.0/2400
	}
	for bin := range schemas.ValueBins { // the labels of high scores come later
		known := w.Labelled * int64(schemas.ValueBins-bin) / (schemas.ValueBins * (schemas.ValueBins + 1) / 2)
		w.Values = append(w.Values, schemas.ValueBin{Bin: uint8(bin), N: (w.Scored - w.Labelled) / schemas.ValueBins},
			schemas.ValueBin{Labelled: true, Bin: uint8(bin), N: known})
	}
	v := 0.84 + 0.02*rng.NormFloat64()
	w.Metrics = []schemas.Metric{{Name: "accuracy", Value: v, Low: v - 0.015, High: v + 0.015, N: w.Labelled}}
	return w
}

// alarms are the changes that the rule would make on the whole and on the
// hostile segment: past the bound with the whole interval for 30 minutes.
func alarms(s dashboard.Snapshot) []schemas.Alarm {
	rule := s.Rules[0]
	var changes []schemas.Alarm
	for _, segment := range []string{"", Hostile} {
		state, since, episode := schemas.OK, schemas.Instant(0), 0
		for _, w := range s.Series(dashboard.SeriesKey{Window: "hour", Version: "1", Segment: segment}) {
			m := dashboard.MetricOf(w, rule.Metric)
			next := state
			switch {
			case m.Undefined != "":
			case state != schemas.Pending && state != schemas.Firing && m.High < rule.Bound:
				next, since = schemas.Pending, w.End
				episode++
			case state == schemas.Pending && w.End.Sub(since) >= 30*time.Minute:
				next = schemas.Firing
			case state == schemas.Pending && m.High >= rule.Bound:
				next = schemas.OK
			case state == schemas.Firing && m.Value >= rule.Clear:
				next = schemas.Resolved
			}
			if next == state {
				continue
			}
			changes = append(changes, schemas.Alarm{
				ID: fmt.Sprintf("accuracy-low/1/%s/%d", segment, episode), Name: rule.Name, State: next, Previous: state,
				At: w.End, Since: since, Severity: rule.Severity, Model: "elec", Version: "1", Segment: segment,
				Window: w.Name, Start: w.Start, End: w.End, Metric: m.Name, Value: m.Value, Low: m.Low, High: m.High,
				N: m.N, Coverage: w.Coverage, Bound: rule.Bound, Text: text(next, m, rule, segment)})
			state = next
		}
	}
	slices.SortStableFunc(changes, func(a, b schemas.Alarm) int { return cmp.Compare(a.At, b.At) })
	return changes
}

func text(state schemas.AlarmState, m schemas.Metric, rule dashboard.Rule, segment string) string {
	what := m.Name
	if segment != "" {
		what += " of " + segment
	}
	if state == schemas.Resolved {
		return fmt.Sprintf("%s is %.3f again, past %.2f at which the alarm clears", what, m.Value, rule.Clear)
	}
	return fmt.Sprintf("%s %.3f [%.3f, %.3f] is below %.2f on %d labels", what, m.Value, m.Low, m.High, rule.Bound, m.N)
}
