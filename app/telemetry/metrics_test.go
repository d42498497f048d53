package telemetry_test

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"hindsight/app/telemetry"
	"hindsight/schemas"
)

var noon = schemas.InstantOf(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))

// filled returns metrics that have seen one of everything.
func filled() (*prometheus.Registry, *telemetry.Metrics) {
	reg := prometheus.NewPedanticRegistry()
	m := telemetry.New(reg)
	m.CountEvents("score", "ok", 7)
	m.CountScores("1", "champion", 7)
	m.CountDeadLetters("score", "decode", 2)
	m.CountLabels(schemas.DeadLettered, 3)
	m.ObserveOutcome(&schemas.Outcome{Kind: schemas.Matched, Fate: schemas.Used, Revision: 1,
		EventTime: noon, LabelTime: noon.Add(90 * time.Second)})
	m.ObserveOutcome(&schemas.Outcome{Kind: schemas.Matched, Fate: schemas.Revision, Revision: 2,
		EventTime: noon, LabelTime: noon.Add(time.Hour)})
	m.ObserveOutcome(&schemas.Outcome{Fate: schemas.Orphan, EventTime: schemas.Beginning, LabelTime: noon})
	m.ObserveOutcome(&schemas.Outcome{Kind: schemas.Unlabelled, Revision: 1, EventTime: noon, LabelTime: schemas.Beginning})
	m.ObserveScoreLatency(3 * time.Millisecond)
	m.SetPending(5)
	m.SetStateBytes(4096)
	m.SetLedgerImbalance(-1)
	m.SetClock("labels", 2, noon)
	m.SetClosedTick(0, noon)
	m.SetLag("events", 1, 12)
	m.SetModels(telemetry.Model{Version: "1", Role: "champion", Digest: "sha256:abc"})
	maturity := 0.75
	m.ObserveWindow(schemas.Window{Name: "hour", Version: "1", Segment: "region=NSW", End: noon, At: noon, Revision: 1,
		Scored: 10, Labelled: 8, Coverage: 0.8, Maturity: &maturity, Metrics: []schemas.Metric{{Name: "accuracy", Value: 0.9, N: 8}}})
	m.ObserveAlarm(schemas.Alarm{Name: "accuracy-low", Severity: "page", State: schemas.Firing})
	return reg, m
}

// TestNames is the contract of design §9: whoever scrapes relies on it.
func TestNames(t *testing.T) {
	reg, _ := filled()
	want := `
hindsight_alarm_state{alarm="accuracy-low",segment="",severity="page"} 2
hindsight_clock_timestamp_seconds{source="labels/2"} 1.7954352e+09
hindsight_closed_tick_timestamp_seconds{partition="0"} 1.7954352e+09
hindsight_consumer_lag_records{partition="1",topic="events"} 12
hindsight_dead_letters_total{reason="decode",stage="score"} 2
hindsight_events_total{result="ok",stage="score"} 7
hindsight_label_delay_seconds_count 1
hindsight_label_delay_seconds_sum 90
hindsight_labels_total{bucket="dead_letter"} 3
hindsight_labels_total{bucket="orphan"} 1
hindsight_labels_total{bucket="revision"} 1
hindsight_labels_total{bucket="used"} 1
hindsight_ledger_imbalance -1
hindsight_model_info{digest="sha256:abc",role="champion",version="1"} 1
hindsight_outcomes_total{kind="matched"} 1
hindsight_outcomes_total{kind="revision"} 1
hindsight_outcomes_total{kind="unlabelled"} 1
hindsight_pending_scores 5
hindsight_score_latency_seconds_count 1
hindsight_score_latency_seconds_sum 0.003
hindsight_scores_total{role="champion",version="1"} 7
hindsight_segments_folded_total 0
hindsight_state_bytes 4096
hindsight_window_coverage{segment="region=NSW",version="1",window="hour"} 0.8
hindsight_window_maturity{segment="region=NSW",version="1",window="hour"} 0.75
hindsight_window_metric{metric="accuracy",segment="region=NSW",version="1",window="hour"} 0.9
`
	if got := scrape(t, reg, false); strings.TrimSpace(want) != got {
		t.Errorf("scraped:\n%s\nwant:%s", got, want)
	}
}

func TestLint(t *testing.T) {
	reg, _ := filled()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestHistogramsAreNativeAndClassic(t *testing.T) {
	reg, _ := filled()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if h := m.GetHistogram(); h != nil {
				found++
				if h.Schema == nil || len(h.GetPositiveSpan()) == 0 || len(h.GetBucket()) == 0 {
					t.Errorf("%s: schema %v, %d native spans, %d classic buckets", f.GetName(), h.Schema, len(h.GetPositiveSpan()), len(h.GetBucket()))
				}
			}
		}
	}
	if found != 2 {
		t.Errorf("%d histograms, want 2", found)
	}
	if text := scrape(t, reg, true); !strings.Contains(text, `hindsight_label_delay_seconds_bucket{le="300"} 1`) {
		t.Errorf("a plain scrape has no classic buckets:\n%s", text)
	}
}

func TestNothingSeenMeansNoSeries(t *testing.T) {
	reg, m := filled()
	m.SetClock("labels", 2, schemas.Beginning)
	m.ForgetPartition("events", 1)
	m.ForgetClosedTick(0)
	m.ForgetVersion("1")
	m.SetModels()
	text := scrape(t, reg, false)
	for _, name := range []string{"clock_timestamp", "closed_tick", "consumer_lag", "window_", "model_info"} {
		if strings.Contains(text, "hindsight_"+name) {
			t.Errorf("%s is still there:\n%s", name, text)
		}
	}
}

func TestTwoProcessesInOneDoNotCollide(t *testing.T) {
	a, _ := filled()
	b, _ := filled()
	if scrape(t, a, false) != scrape(t, b, false) {
		t.Error("two sets of metrics differ")
	}
}

func TestNewestJudgedWindowIsShown(t *testing.T) {
	at := func(hour int) schemas.Instant { return noon.Add(time.Duration(hour) * time.Hour) }
	window := func(end, now int, coverage, value float64, revision int32) schemas.Window {
		return schemas.Window{Name: "hour", Version: "1", End: at(end), At: at(now), Coverage: coverage, Revision: revision,
			Metrics: []schemas.Metric{{Name: "accuracy", Value: value}}}
	}
	undefined := window(9, 9, 0.5, 0, 1)
	undefined.Metrics[0].Undefined = "one class"
	tests := []struct {
		name   string
		window schemas.Window
		want   float64
	}{
		{"the first", window(1, 1, 0.9, 0.91, 1), 0.91},
		{"a newer one", window(2, 2, 0.4, 0.92, 1), 0.92},
		{"an older one", window(1, 3, 0.9, 0.10, 2), 0.92},
		{"one that is open", window(4, 3, 0.9, 0.10, 1), 0.92},
		{"one without labels", window(3, 3, 0, 0, 1), 0.92},
		{"a revision", window(2, 3, 0.9, 0.93, 2), 0.93},
		{"that revision's forerunner", window(2, 3, 0.9, 0.10, 1), 0.93},
		{"one of which the metric is not defined", undefined, math.NaN()},
		{"the next", window(10, 10, 0.9, 0.94, 1), 0.94},
	}
	reg := prometheus.NewRegistry()
	m := telemetry.New(reg)
	for _, test := range tests {
		m.ObserveWindow(test.window)
		want := fmt.Sprintf(`hindsight_window_metric{metric="accuracy",segment="",version="1",window="hour"} %v`, test.want)
		if text := scrape(t, reg, false); !strings.Contains(text+"\n", want+"\n") {
			t.Errorf("after %s: want %s in\n%s", test.name, want, text)
		}
	}
}

// scrape returns the series in the text format, sorted, without comments and,
// unless asked for, without buckets.
func scrape(t *testing.T, reg *prometheus.Registry, buckets bool) string {
	t.Helper()
	w := httptest.NewRecorder()
	promhttp.HandlerFor(reg, promhttp.HandlerOpts{ErrorHandling: promhttp.HTTPErrorOnError}).
		ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("scrape: %d %s", w.Code, w.Body)
	}
	var lines []string
	for line := range bytes.SplitSeq(w.Body.Bytes(), []byte("\n")) {
		text := string(line)
		if text != "" && text[0] != '#' && (buckets || !strings.Contains(text, "_bucket{")) {
			lines = append(lines, text)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
