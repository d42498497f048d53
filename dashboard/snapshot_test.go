package dashboard_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hindsight/dashboard"
	"hindsight/schemas"
)

func TestLedger(t *testing.T) {
	s := dashboard.Snapshot{
		Events: 10, Scores: 8, DeadLetters: 1, LabelsRead: 6,
		Outcomes: map[string]int64{"matched": 5, "pending": 3},
		Labels:   map[string]int64{"used": 5, "a new bucket": 2},
	}
	want := map[string]int64{"events": 1, "scores": 0, "labels": -1}
	for _, sum := range s.Ledger() {
		if got := sum.Difference(); got != want[sum.Name] {
			t.Errorf("%s: off by %d, want %d: %+v", sum.Name, got, want[sum.Name], sum)
		}
	}
	labels := s.Ledger()[2].Parts
	if got := labels[len(labels)-1]; got != (dashboard.Part{Name: "a new bucket", N: 2}) {
		t.Errorf("a bucket that nobody foresaw is shown as %+v", got)
	}
}

func TestCoverage(t *testing.T) {
	tests := []struct {
		scores   int64
		outcomes map[string]int64
		want     float64
		ok       bool
	}{
		{0, nil, 0, false},
		{5, map[string]int64{"duplicate": 5}, 0, false},
		{5, map[string]int64{"duplicate": 1, "matched": 2, "assumed": 1, "pending": 1}, 0.75, true},
		{5, nil, 0, true},
	}
	for _, test := range tests {
		got, ok := dashboard.Snapshot{Scores: test.scores, Outcomes: test.outcomes}.Coverage()
		if got != test.want || ok != test.ok {
			t.Errorf("%d scores, %v: %v %v, want %v %v", test.scores, test.outcomes, got, ok, test.want, test.ok)
		}
	}
}

func TestJudgedIsTheNewestThatEndedWithLabels(t *testing.T) {
	at := func(minutes int) schemas.Instant { return noon.Add(time.Duration(minutes) * time.Minute) }
	s := dashboard.Snapshot{Windows: []schemas.Window{
		{Name: "hour", Version: "1", End: at(30), At: at(20), Coverage: 0.9}, // open
		{Name: "hour", Version: "1", End: at(20), At: at(20), Coverage: 0},   // no label yet
		{Name: "hour", Version: "1", End: at(5), At: at(20), Coverage: 0.9},
		{Name: "hour", Version: "1", End: at(15), At: at(20), Coverage: 0.2},
		{Name: "hour", Version: "2", End: at(18), At: at(20), Coverage: 0.9},
	}}
	line := s.Series(dashboard.SeriesKey{Window: "hour", Version: "1"})
	if len(line) != 4 || line[0].End != at(5) || line[3].End != at(30) {
		t.Errorf("the series is not in order: %v", line)
	}
	w, ok := s.Judged(line)
	if !ok || w.End != at(15) {
		t.Errorf("judged: %v %v, want the one that ends at %v", w.End, ok, at(15))
	}
	s.Rules = []dashboard.Rule{{Window: "hour", MinCoverage: 0.5}}
	if w, ok := s.Judged(line); !ok || w.End != at(5) {
		t.Errorf("judged: %v %v, want the one whose coverage suffices for the rule", w.End, ok)
	}
	if _, ok := s.Judged(line[2:]); ok {
		t.Error("a window that is open or without labels was taken for judged")
	}
}

func TestEpisodes(t *testing.T) {
	const never = schemas.Forever
	at := func(minutes int) schemas.Instant { return noon.Add(time.Duration(minutes) * time.Minute) }
	change := func(minute int, id string, state schemas.AlarmState, since int) schemas.Alarm {
		return schemas.Alarm{Name: "low", ID: id, At: at(minute), State: state, Since: at(since)}
	}
	type span struct {
		Since, Fired, Until schemas.Instant
		State               schemas.AlarmState
	}
	tests := []struct {
		name    string
		changes []schemas.Alarm
		want    []span
		active  int
	}{
		{"none", nil, nil, 0},
		{"pending and back", []schemas.Alarm{change(1, "a", schemas.Pending, 1), change(4, "a", schemas.OK, 1)},
			[]span{{at(1), never, at(4), schemas.OK}}, 0},
		{"fired and resolved", []schemas.Alarm{
			change(1, "a", schemas.Pending, 1), change(5, "a", schemas.Firing, 1), change(9, "a", schemas.Resolved, 1)},
			[]span{{at(1), at(5), at(9), schemas.Resolved}}, 0},
		{"fires at once and goes on", []schemas.Alarm{change(5, "a", schemas.Firing, 3)},
			[]span{{at(3), at(5), never, schemas.Firing}}, 1},
		{"pending without evidence ends", []schemas.Alarm{change(1, "a", schemas.Pending, 1), change(2, "a", schemas.Unknown, 1)},
			[]span{{at(1), never, at(2), schemas.Unknown}}, 0},
		{"firing without evidence goes on", []schemas.Alarm{change(1, "a", schemas.Firing, 1), change(2, "a", schemas.Unknown, 1)},
			[]span{{at(1), at(1), never, schemas.Unknown}}, 1},
		{"the next one begins unannounced", []schemas.Alarm{change(1, "a", schemas.Firing, 1), change(7, "b", schemas.Pending, 7)},
			[]span{{at(1), at(1), at(7), schemas.Firing}, {at(7), never, never, schemas.Pending}}, 1},
		{"unknown outside says nothing", []schemas.Alarm{change(1, "", schemas.Unknown, 1), change(2, "", schemas.OK, 1)}, nil, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := dashboard.Snapshot{Alarms: test.changes}
			var got []span
			for _, e := range s.Episodes() {
				got = append(got, span{e.Since, e.Fired, e.Until, e.Last.State})
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if n := len(s.Active()); n != test.active {
				t.Errorf("%d alarms are active, want %d", n, test.active)
			}
		})
	}
}

func TestEpisodesOfSegmentsAreApart(t *testing.T) {
	s := dashboard.Snapshot{Alarms: []schemas.Alarm{
		{Name: "low", ID: "a", State: schemas.Firing, At: noon},
		{Name: "low", ID: "b", State: schemas.Firing, At: noon + 1, Segment: "region=x"},
		{Name: "low", ID: "a", State: schemas.Resolved, At: noon + 2},
	}}
	active := s.Active()
	if len(active) != 1 || active[0].Segment != "region=x" {
		t.Errorf("active: %+v", active)
	}
}

func TestHeadline(t *testing.T) {
	windows := []schemas.Window{
		{Name: "day", Version: "1", Metrics: []schemas.Metric{{Name: "auc"}}},
		{Name: "hour", Version: "2"},
	}
	rules := []dashboard.Rule{{Window: "week", Metric: "f1"}, {Window: "hour", Metric: "log_loss"}}
	tests := []struct {
		name   string
		s      dashboard.Snapshot
		key    dashboard.SeriesKey
		metric string
		ok     bool
	}{
		{"nothing", dashboard.Snapshot{Rules: rules}, dashboard.SeriesKey{}, "", false},
		{"no rules", dashboard.Snapshot{Windows: windows, Version: "2"}, dashboard.SeriesKey{Window: "day", Version: "2"}, "auc", true},
		{"the first rule that has windows", dashboard.Snapshot{Windows: windows, Version: "1", Rules: rules},
			dashboard.SeriesKey{Window: "hour", Version: "1"}, "log_loss", true},
		{"a champion without windows", dashboard.Snapshot{Windows: windows, Version: "3"}, dashboard.SeriesKey{Window: "day", Version: "1"}, "auc", true},
	}
	for _, test := range tests {
		key, metric, ok := test.s.Headline()
		if key != test.key || metric != test.metric || ok != test.ok {
			t.Errorf("%s: %v %q %v, want %v %q %v", test.name, key, metric, ok, test.key, test.metric, test.ok)
		}
	}
}

func TestRuleCovers(t *testing.T) {
	tests := []struct {
		segments []string
		covered  []string
	}{
		{nil, []string{""}},
		{[]string{"*"}, []string{"", "region=a", "region=b", "size=l"}},
		{[]string{"region"}, []string{"region=a", "region=b"}},
		{[]string{"", "region=b"}, []string{"", "region=b"}},
		{[]string{"reg"}, nil},
	}
	for _, test := range tests {
		var got []string
		for _, segment := range []string{"", "region=a", "region=b", "size=l"} {
			if (dashboard.Rule{Segments: test.segments}).Covers(segment) {
				got = append(got, segment)
			}
		}
		if diff := cmp.Diff(test.covered, got); diff != "" {
			t.Errorf("%q: %s", test.segments, diff)
		}
	}
}
