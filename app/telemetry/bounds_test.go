package telemetry_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hindsight/app/telemetry"
	"hindsight/schemas"
)

func segmentWindow(segment string, end schemas.Instant, revision int32, n int64, accuracy float64) schemas.Window {
	return schemas.Window{Name: "hour", Version: "1", Segment: segment, End: end, At: end, Revision: revision,
		Scored: 2 * n, Labelled: n, Coverage: 0.5, Metrics: []schemas.Metric{{Name: "accuracy", Value: accuracy, N: n}}}
}

func TestFloodOfSegmentsIsFolded(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := telemetry.New(reg)
	const flood = 5000
	for i := range flood {
		segment := fmt.Sprintf("user=%d", i)
		m.ObserveWindow(segmentWindow(segment, noon, 1, 10, 0.9))
		m.ObserveAlarm(schemas.Alarm{Name: "low", Severity: "page", Segment: segment, State: schemas.Pending})
	}
	m.ObserveWindow(segmentWindow("", noon, 1, 10*flood, 0.9))
	text := scrape(t, reg, false)
	for _, name := range []string{"window_metric", "window_coverage", "alarm_state"} {
		want := telemetry.SegmentLimit + 1 // and __other__
		if name != "alarm_state" {
			want++ // and the whole
		}
		if n := strings.Count(text, "hindsight_"+name+"{"); n != want {
			t.Errorf("%s has %d series, want %d", name, n, want)
		}
	}
	if want := fmt.Sprintf("hindsight_segments_folded_total %d", 2*(flood-telemetry.SegmentLimit)); !strings.Contains(text, want) {
		t.Errorf("want %s", want)
	}
}

func TestOtherIsTheMeanOfItsMembers(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := telemetry.New(reg)
	for i := range telemetry.SegmentLimit {
		m.ObserveWindow(segmentWindow(fmt.Sprintf("first=%d", i), noon, 1, 10, 0.5))
	}
	want := func(step, figure string) {
		t.Helper()
		line := `hindsight_window_metric{metric="accuracy",segment="__other__",version="1",window="hour"} ` + figure + "\n"
		if text := scrape(t, reg, false) + "\n"; !strings.Contains(text, line) {
			after, _, _ := strings.Cut(text[strings.Index(text, "hindsight_window_metric"):], "\n")
			t.Errorf("%s: want %s, got %s", step, line, after)
		}
	}
	m.ObserveWindow(segmentWindow("a=1", noon, 1, 30, 1))
	want("one member", "1")
	m.ObserveWindow(segmentWindow("a=2", noon, 1, 10, 0.5))
	want("two members", "0.875")
	m.ObserveWindow(segmentWindow("a=1", noon, 2, 10, 0.5))
	want("a revision replaces", "0.5")
	m.ObserveWindow(segmentWindow("a=1", noon, 1, 30, 1))
	want("an old revision does not", "0.5")
	m.ObserveWindow(segmentWindow("a=3", noon.Add(-time.Hour), 1, 1000, 1))
	want("nor does an older window", "0.5")
	later := segmentWindow("a=2", noon.Add(time.Hour), 1, 4, 0.25)
	m.ObserveWindow(later)
	want("a newer window begins anew", "0.25")
	later.Revision, later.Metrics[0] = 2, schemas.Metric{Name: "accuracy", Undefined: "empty"}
	m.ObserveWindow(later)
	want("nothing defined", "NaN")
}

func TestAlarmShowsTheWorst(t *testing.T) {
	alarm := func(version string, state schemas.AlarmState) schemas.Alarm {
		return schemas.Alarm{Name: "low", Severity: "page", Version: version, State: state}
	}
	tests := []struct {
		step string
		do   func(*telemetry.Metrics)
		want string
	}{
		{"unknown at first", func(m *telemetry.Metrics) { m.ObserveAlarm(alarm("1", schemas.Unknown)) }, "-1"},
		{"ok", func(m *telemetry.Metrics) { m.ObserveAlarm(alarm("1", schemas.OK)) }, "0"},
		{"pending", func(m *telemetry.Metrics) { m.ObserveAlarm(alarm("1", schemas.Pending)) }, "1"},
		{"firing", func(m *telemetry.Metrics) { m.ObserveAlarm(alarm("1", schemas.Firing)) }, "2"},
		{"another version is well", func(m *telemetry.Metrics) { m.ObserveAlarm(alarm("2", schemas.OK)) }, "2"},
		{"another version is unknown", func(m *telemetry.Metrics) { m.ObserveAlarm(alarm("2", schemas.Unknown)) }, "2"},
		{"stalled leaves firing", func(m *telemetry.Metrics) { m.SetStalled("labels/1") }, "2"},
		{"resolved while stalled", func(m *telemetry.Metrics) { m.ObserveAlarm(alarm("1", schemas.Resolved)) }, "-1"},
		{"well while stalled is unknown", func(m *telemetry.Metrics) { m.ObserveAlarm(alarm("2", schemas.OK)) }, "-1"},
		{"time moves again", func(m *telemetry.Metrics) { m.SetStalled("") }, "0"},
	}
	reg := prometheus.NewRegistry()
	m := telemetry.New(reg)
	for _, test := range tests {
		test.do(m)
		want := `hindsight_alarm_state{alarm="low",segment="",severity="page"} ` + test.want + "\n"
		if text := scrape(t, reg, false) + "\n"; !strings.Contains(text, want) {
			t.Errorf("%s: want %s in\n%s", test.step, want, text)
		}
	}
}

func TestStalledNamesTheSource(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := telemetry.New(reg)
	for _, source := range []string{"labels/1", "labels/1", "events/0"} {
		m.SetStalled(source)
		text := scrape(t, reg, false)
		want := fmt.Sprintf(`hindsight_alarm_state{alarm="stalled",segment="source=%s",severity="page"} 2`, source)
		if !strings.Contains(text, want) || strings.Count(text, `alarm="stalled"`) != 1 {
			t.Errorf("stalled by %s:\n%s", source, text)
		}
	}
	m.SetStalled("")
	if text := scrape(t, reg, false); strings.Contains(text, "stalled") {
		t.Errorf("time moves, but:\n%s", text)
	}
}

func TestHostileLabelValues(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := telemetry.New(reg)
	long := "region=" + strings.Repeat("ü", 500)
	for i, segment := range []string{"region=\xff\xfe", "region=\xff\xfd", "region=\"}\n# HELP x", long, long + "x"} {
		m.ObserveWindow(segmentWindow(segment, noon, 1, 10, float64(i)/10))
		m.ObserveAlarm(schemas.Alarm{Name: segment, Severity: segment, Segment: segment, State: schemas.Firing})
	}
	m.CountEvents(long, long, 1)
	text := scrape(t, reg, false)
	if n := strings.Count(text, "hindsight_window_metric{"); n != 5 {
		t.Errorf("%d series for 5 segments:\n%s", n, text)
	}
	for line := range strings.SplitSeq(text, "\n") {
		if len(line) > 600 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}

func BenchmarkObserveOutcome(b *testing.B) {
	m := telemetry.New(prometheus.NewRegistry())
	o := schemas.Outcome{Kind: schemas.Matched, Fate: schemas.Used, Revision: 1, EventTime: noon, LabelTime: noon.Add(time.Hour)}
	b.ReportAllocs()
	for b.Loop() {
		m.ObserveOutcome(&o)
	}
}
