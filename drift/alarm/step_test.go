package alarm

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hindsight/schemas"
)

var origin = schemas.InstantOf(time.Date(2019, 3, 12, 0, 0, 0, 0, time.UTC))

func day(n int) schemas.Instant { return origin.Add(time.Duration(n) * 24 * time.Hour) }

func at(x float64) *float64 { return &x }

func below() *Rule {
	return &Rule{Name: "accuracy-low", Metric: "accuracy", Window: "month", Below: at(0.86), Clear: at(0.88),
		MinLabels: 200, MinCoverage: 0.5, Confidence: 0.95, Severity: "page"}
}

// reading is of the 30-day window that starts on the day, with an interval of ± 0.01.
func reading(start int, value float64) Reading {
	return Reading{Start: day(start), End: day(start + 30), Coverage: 0.97,
		Metric: schemas.Metric{Name: "accuracy", Value: value, Low: value - 0.01, High: value + 0.01, N: 4812}}
}

func known(start int, value float64) Judgement {
	return Judgement{Known: true, Reading: reading(start, value)}
}

func again(j Judgement, start int, value float64) Judgement {
	fired := reading(start, value)
	j.Fired = &fired
	return j
}

func TestLifeCycle(t *testing.T) {
	type moment struct {
		hours int
		judge Judgement
		want  string // "previous→state text", "" for no record
	}
	blind := Judgement{}
	hold := func(d time.Duration) func(*Rule) { return func(r *Rule) { r.Hold = d } }
	tests := []struct {
		name    string
		change  func(*Rule)
		moments []moment
	}{
		{"fires at once without a hold, and clears", nil, []moment{
			{0, known(0, 0.90), "unknown→ok accuracy-low OK: accuracy 0.900 (95% 0.890–0.910, n 4,812, coverage 97 %) of car-loan@1 in month 2019-03-12…2019-04-11 is not below 0.86"},
			{1, known(0, 0.91), ""},
			{2, known(0, 0.84), "ok→firing accuracy-low FIRING: accuracy 0.840 (95% 0.830–0.850, n 4,812, coverage 97 %) of car-loan@1 in month 2019-03-12…2019-04-11 is below 0.86"},
			{3, known(1, 0.83), ""},
			{4, known(2, 0.88), "firing→resolved accuracy-low RESOLVED: accuracy 0.880 (95% 0.870–0.890, n 4,812, coverage 97 %) of car-loan@1 in month 2019-03-14…2019-04-13 is back at or above 0.88, after 2h"},
			{5, known(2, 0.88), ""},
			{6, known(3, 0.80), "ok→firing accuracy-low FIRING: accuracy 0.800"},
		}},
		{"an interval that reaches the bound does not fire", nil, []moment{
			{0, known(0, 0.851), "unknown→ok"},
			{1, known(0, 0.85), ""}, // high is the bound itself
			{2, known(0, 0.8499), "ok→firing"},
		}},
		{"between bound and clear nothing changes", nil, []moment{
			{0, known(0, 0.80), "unknown→firing"},
			{1, known(1, 0.86), ""},
			{2, known(2, 0.8799), ""},
			{3, known(3, 0.88), "firing→resolved"},
		}},
		{"held", hold(3 * time.Hour), []moment{
			{0, known(0, 0.80), "unknown→pending accuracy-low PENDING: accuracy 0.800 (95% 0.790–0.810, n 4,812, coverage 97 %) of car-loan@1 in month 2019-03-12…2019-04-11 is below 0.86, fires if that holds for 3h"},
			{2, known(0, 0.80), ""},
			{3, known(1, 0.81), "pending→firing accuracy-low FIRING: accuracy 0.810 (95% 0.800–0.820, n 4,812, coverage 97 %) of car-loan@1 in month 2019-03-13…2019-04-12 is below 0.86, for 3h"},
		}},
		{"a hold that is interrupted begins again", hold(3 * time.Hour), []moment{
			{0, known(0, 0.80), "unknown→pending"},
			{2, known(0, 0.87), "pending→ok"},
			{3, known(0, 0.80), "ok→pending"},
			{5, known(0, 0.80), ""},
			{6, known(0, 0.80), "pending→firing"},
		}},
		{"a hold that loses its evidence begins again", hold(3 * time.Hour), []moment{
			{0, known(0, 0.80), "unknown→pending"},
			{2, blind, "pending→unknown accuracy-low UNKNOWN: too little evidence on car-loan@1: no window month has outcomes"},
			{4, known(0, 0.80), "unknown→pending"},
			{6, known(0, 0.80), ""},
			{7, known(0, 0.80), "pending→firing"},
		}},
		{"unknown is no record at first, and one when evidence is lost", nil, []moment{
			{0, blind, ""},
			{1, known(0, 0.90), "unknown→ok"},
			{2, Judgement{Reading: Reading{Start: day(1), End: day(31), Coverage: 0.4999, Metric: schemas.Metric{N: 150, Value: 0.9}}},
				"ok→unknown accuracy-low UNKNOWN: too little evidence on car-loan@1: accuracy rests on n 150, coverage 49.9 % in month 2019-03-13…2019-04-12, and needs n 200, coverage 50 %"},
			{3, blind, ""},
			{4, known(5, 0.90), "unknown→ok"},
			{5, Judgement{Reading: Reading{Start: day(1), End: day(31), Metric: schemas.Metric{Undefined: "one class", N: 7}}},
				"ok→unknown accuracy-low UNKNOWN: too little evidence on car-loan@1: accuracy is undefined (one class) n 7, coverage 0 % in month"},
		}},
		{"a firing alarm that loses its evidence keeps firing", nil, []moment{
			{0, known(0, 0.80), "unknown→firing"},
			{1, blind, ""},
			{2, blind, ""},
			{3, known(9, 0.87), ""},
			{4, blind, ""},
			{5, known(9, 0.95), "firing→resolved"},
		}},
		{"withdrawn when the window it fired on no longer stands", nil, []moment{
			{0, again(known(0, 0.80), 0, 0.80), "unknown→firing"},
			{1, again(known(0, 0.83), 0, 0.83), ""},
			{2, again(known(0, 0.853), 0, 0.853), "firing→resolved accuracy-low RESOLVED: withdrawn: accuracy 0.853 (95% 0.843–0.863, n 4,812, coverage 97 %) of car-loan@1 in month 2019-03-12…2019-04-11, which it fired on, is not below 0.86 with the labels of now"},
			{3, known(0, 0.853), ""},
		}},
		{"withdrawn while a newer window is judged, and while none is", nil, []moment{
			{0, known(0, 0.80), "unknown→firing"},
			{1, again(known(1, 0.87), 0, 0.80), ""},
			{2, again(known(1, 0.87), 0, 0.87), "firing→resolved accuracy-low RESOLVED: withdrawn: accuracy 0.870 (95% 0.860–0.880, n 4,812, coverage 97 %) of car-loan@1 in month 2019-03-12"},
			{3, known(2, 0.80), "ok→firing"},
			{4, again(blind, 2, 0.90), "firing→resolved accuracy-low RESOLVED: withdrawn"},
			{5, known(3, 0.90), "unknown→ok"},
		}},
		{"not withdrawn while a newer window is past the bound", nil, []moment{
			{0, known(0, 0.80), "unknown→firing"},
			{1, again(known(1, 0.80), 0, 0.95), ""},
		}},
		{"above", func(r *Rule) { r.Below, r.Above, r.Clear, r.Metric = nil, at(0.7), nil, "log_loss" }, []moment{
			{0, known(0, 0.70), "unknown→ok accuracy-low OK: log_loss 0.700"},
			{1, known(0, 0.72), "ok→firing accuracy-low FIRING: log_loss 0.720 (95% 0.710–0.730, n 4,812, coverage 97 %) of car-loan@1 in month 2019-03-12…2019-04-11 is above 0.7"},
			{2, known(0, 0.701), ""},
			{3, known(0, 0.70), "firing→resolved accuracy-low RESOLVED: log_loss 0.700 (95% 0.690–0.710, n 4,812, coverage 97 %) of car-loan@1 in month 2019-03-12…2019-04-11 is back at or below 0.7, after 2h"},
		}},
	}
	names := map[schemas.AlarmState]string{schemas.Unknown: "unknown", schemas.OK: "ok", schemas.Pending: "pending",
		schemas.Firing: "firing", schemas.Resolved: "resolved"}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rule := below()
			if test.change != nil {
				test.change(rule)
			}
			memory := rule.Begin("1", "")
			for i, m := range test.moments {
				now := day(40).Add(time.Duration(m.hours) * time.Hour)
				next, record := rule.Step("car-loan", memory, m.judge, now)
				got := ""
				if record != nil {
					got = names[record.Previous] + "→" + names[record.State] + " " + record.Text
					if record.State != schemas.Resolved && next.State != record.State || next.Last != *record {
						t.Fatalf("moment %d: memory %+v does not follow record %+v", i, next, *record)
					}
				}
				if !strings.HasPrefix(got, m.want) || (got == "") != (m.want == "") {
					t.Fatalf("moment %d:\n got %q\nwant %q…", i, got, m.want)
				}
				j := m.judge
				if record != nil && record.State == schemas.Resolved {
					j.Fired = nil // no alarm stands, so none is read again
				}
				if same, none := rule.Step("car-loan", next, j, now); none != nil || same != next {
					t.Fatalf("moment %d: a step that is repeated changes something: %+v", i, none)
				}
				memory = next
			}
		})
	}
}

func TestIdentityOfEpisodes(t *testing.T) {
	rule := below()
	rule.Hold = time.Hour
	memory := rule.Begin("1", "region=eu")
	var records []schemas.Alarm
	for i, j := range []Judgement{known(0, 0.9), known(0, 0.8), known(0, 0.8), known(0, 0.9), known(0, 0.8), known(0, 0.9), {}} {
		var record *schemas.Alarm
		memory, record = rule.Step("car-loan", memory, j, day(0).Add(time.Duration(i)*time.Hour))
		if record != nil {
			records = append(records, *record)
		}
	}
	// ok | pending firing resolved | pending ok | unknown
	episodes := []int{0, 1, 1, 1, 2, 2, 3}
	if len(records) != len(episodes) {
		t.Fatalf("%d records, want %d", len(records), len(episodes))
	}
	for i := range records {
		for j := range records {
			if same := records[i].ID == records[j].ID; same != (episodes[i] == episodes[j]) {
				t.Errorf("records %d and %d: same identity is %v", i, j, same)
			}
		}
		if records[i].ID != Identity(rule.Name, "car-loan", "1", "region=eu", records[i].Since) {
			t.Errorf("record %d is not known by its beginning %v", i, records[i].Since)
		}
		if !strings.Contains(records[i].Text, "car-loan@1 region=eu") {
			t.Errorf("record %d does not say whose it is: %s", i, records[i].Text)
		}
	}
	if Identity("a", "bc", "", "", 0) == Identity("ab", "c", "", "", 0) {
		t.Error("identities of different names are equal")
	}
}

func TestFiringWithoutEvidenceSaysSo(t *testing.T) {
	rule := below()
	memory, record := rule.Step("car-loan", rule.Begin("1", ""), known(0, 0.8), day(40))
	fired := record.Text
	for i := range 3 {
		memory, _ = rule.Step("car-loan", memory, Judgement{}, day(41+i))
	}
	if want := fired + "; still firing, without enough evidence since 2019-04-22T00:00:00Z"; memory.Last.Text != want {
		t.Errorf("text %q, want %q", memory.Last.Text, want)
	}
	if memory, _ = rule.Step("car-loan", memory, known(3, 0.8), day(50)); memory.Last.Text != fired {
		t.Errorf("the remark stays when evidence is back: %q", memory.Last.Text)
	}
}

func TestDue(t *testing.T) {
	rule := below()
	rule.Hold = 90 * time.Minute
	memory, _ := rule.Step("car-loan", rule.Begin("1", ""), known(0, 0.8), day(40))
	if got, want := rule.Due(memory), day(40).Add(90*time.Minute); got != want {
		t.Errorf("due %v, want %v", got, want)
	}
	memory, _ = rule.Step("car-loan", memory, known(0, 0.8), day(41))
	if got := rule.Due(memory); memory.State != schemas.Firing || got != schemas.Forever {
		t.Errorf("state %v is due at %v", memory.State, got)
	}
}

func TestRetire(t *testing.T) {
	rule := below()
	memory, _ := rule.Step("car-loan", rule.Begin("1", ""), known(0, 0.8), day(40))
	want := memory.Last
	want.State, want.Previous, want.At = schemas.Resolved, schemas.Firing, day(41)
	want.Text = "accuracy-low RESOLVED: withdrawn: the rule is no longer configured"
	if diff := cmp.Diff(&want, Retire("car-loan", memory, day(41))); diff != "" {
		t.Error(diff)
	}
	memory, _ = rule.Step("car-loan", memory, known(0, 0.9), day(42))
	if record := Retire("car-loan", memory, day(43)); record != nil {
		t.Errorf("an alarm that does not stand is withdrawn: %+v", record)
	}
}

func TestNothingUnsureSuffices(t *testing.T) {
	rule := below()
	good := schemas.Metric{Value: 0.9, Low: 0.89, High: 0.91, N: 200}
	if !rule.Suffices(Reading{Metric: good, Coverage: 0.5}) {
		t.Fatal("the floors themselves do not suffice")
	}
	few, undefined := good, good
	few.N, undefined.Undefined = 199, "one class"
	for name, suffices := range map[string]bool{
		"too few labels": rule.Suffices(Reading{Metric: few, Coverage: 1}),
		"undefined":      rule.Suffices(Reading{Metric: undefined, Coverage: 1}),
		"coverage":       rule.Suffices(Reading{Metric: good, Coverage: 0.499}),
		"coverage NaN":   rule.Suffices(Reading{Metric: good, Coverage: math.NaN()}),
	} {
		if suffices {
			t.Errorf("%s suffices", name)
		}
	}
}
