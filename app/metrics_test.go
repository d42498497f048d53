package app_test

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// scrape reads /metrics of a running process.
func scrape(t *testing.T, addr string) string {
	t.Helper()
	resp, err := http.Get("http://" + addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// below reports whether the figure that was found is a number below the bound.
func below(found []string, bound float64) bool {
	if found == nil {
		return false
	}
	v, err := strconv.ParseFloat(found[1], 64)
	return err == nil && v < bound
}

// TestMetricsSpeakDuringTheDip runs the demo's world past the fall of the
// accuracy and reads what Prometheus would.
func TestMetricsSpeakDuringTheDip(t *testing.T) {
	s := newStand(t, 86_000, 0) // the accuracy falls at row 75,000
	s.inputsEnd = nil           // else a slow reader might find it gone
	a := s.open(t.TempDir())
	defer a.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	firing := regexp.MustCompile(`(?m)^hindsight_alarm_state\{alarm="accuracy-low",segment="",severity="page"\} 2$`)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	text := ""
	accuracy := regexp.MustCompile(`(?m)^hindsight_window_metric\{metric="accuracy",segment="",version="1",window="month"\} (.*)$`)
	for !firing.MatchString(text) || !below(accuracy.FindStringSubmatch(text), 0.86) {
		select {
		case err := <-ended:
			t.Fatalf("the run ended (%v) and the alarm was not seen firing in:\n%s", err, text)
		case <-ticker.C:
			text = scrape(t, a.Addr().String())
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if regexp.MustCompile(`(?m)^hindsight_events_total\{result="ok",stage="join"\} 0$`).MatchString(text) {
		t.Error("no label is counted as read")
	}
	for _, series := range []string{
		`hindsight_events_total{result="ok",stage="score"} `,
		`hindsight_events_total{result="dead_letter",stage="score"} `,
		`hindsight_events_total{result="ok",stage="join"} `, // else the share of dead letters among labels has no denominator
		`hindsight_scores_total{role="champion",version="1"} `,
		`hindsight_dead_letters_total{reason="no_id",stage="score"} `,
		`hindsight_labels_total{bucket="used"} `,
		`hindsight_outcomes_total{kind="matched"} `,
		`hindsight_pending_scores `,
		`hindsight_state_bytes `,
		`hindsight_label_delay_seconds_count `,
		`hindsight_score_latency_seconds_count `,
		`hindsight_window_metric{metric="accuracy",segment="",version="1",window="month"} `,
		`hindsight_window_metric{metric="auc",segment="salary_range=0 - 20K €",version="1",window="month"} 0.`,
		`hindsight_window_coverage{segment="",version="1",window="month"} `,
		`hindsight_clock_timestamp_seconds{source="events/0"} `,
		`hindsight_closed_tick_timestamp_seconds{partition="0"} `,
		`hindsight_ledger_imbalance 0`,
		`hindsight_model_info{`,
		`hindsight_consumer_lag_records{partition="0",topic="events"} `,
		`hindsight_kafka_`,
	} {
		if !strings.Contains(text, "\n"+series) {
			t.Errorf("/metrics does not say %s", series)
		}
	}
}
