package dashboard_test

import (
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hindsight/dashboard"
	"hindsight/dashboard/dashboardtest"
	"hindsight/schemas"
)

var noon = schemas.InstantOf(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))

func TestSnapshotJSON(t *testing.T) {
	s := dashboard.Snapshot{
		Title: "t", Model: "m", Version: "2", StreamTime: noon, WallSeconds: 1.5, Speed: math.Inf(1), Ready: true,
		Events: 11, Scores: 10, DeadLetters: 1, LabelsRead: 5,
		Labels:   map[string]int64{"used": 4, "waiting": 1},
		Outcomes: map[string]int64{"matched": 4, "pending": 6},
		Rules:    []dashboard.Rule{{Name: "low", Metric: "accuracy", Window: "hour", Bound: 0.8, Below: true, Clear: 0.82}},
		Sources:  []dashboard.Source{{Topic: "labels", Partition: 3, Clock: schemas.Beginning, Idle: true}},
		Windows:  []schemas.Window{{Name: "hour", Version: "2", End: noon, At: noon}},
	}
	got := getJSON(t, dashboard.New(fixed(s), dashboard.Options{}), "/api/v1/snapshot")
	want := map[string]any{
		"title": "t", "model": "m", "version": "2", "stream_time": "2026-11-23T12:00:00Z",
		"wall_seconds": 1.5, "speed": nil, "done": false, "stalled": "", "ready": true, "reasons": []any{},
		"events": 11.0, "scores": 10.0, "dead_letters": 1.0, "labels_read": 5.0, "coverage": 0.4,
		"labels": map[string]any{"used": 4.0, "duplicate": 0.0, "revision": 0.0, "conflict": 0.0, "orphan": 0.0,
			"too_late": 0.0, "dead_letter": 0.0, "waiting": 1.0},
		"outcomes": map[string]any{"matched": 4.0, "assumed": 0.0, "unlabelled": 0.0, "duplicate": 0.0, "pending": 6.0},
		"headline": map[string]any{"window": "hour", "version": "2", "segment": "", "metric": "accuracy", "judged": nil},
		"windows": []any{map[string]any{"window": "hour", "clock": "event", "versions": []any{"2"},
			"segments": []any{""}, "metrics": []any{}}},
		"rules": []any{map[string]any{"name": "low", "metric": "accuracy", "window": "hour", "severity": "", "below": true,
			"bound": 0.8, "clear": 0.82, "segments": []any{}}},
		"sources":    []any{map[string]any{"topic": "labels", "partition": 3.0, "clock": nil, "ended": false, "idle": true}},
		"partitions": []any{}, "active": []any{},
	}
	delete(got, "ledger") // TestLedger
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWindowsAreFilteredAndSorted(t *testing.T) {
	s := dashboardtest.Elec(20)
	h := dashboard.New(fixed(s), dashboard.Options{})
	tests := map[string]int{
		"":                                  5*20 + 8,
		"?window=hour":                      5 * 20,
		"?window=hour&segment=":             20,
		"?segment=":                         20 + 8,
		"?window=hour&version=2":            0,
		"?window=hour&segment=region%3DNSW": 20,
		"?segment=" + url.QueryEscape(dashboardtest.Hostile): 20,
		"?window=hour&segment=&limit=3":                      3,
		"?limit=1000":                                        5*20 + 8,
	}
	for query, want := range tests {
		list := getJSON(t, h, "/api/v1/windows"+query)["windows"].([]any)
		if len(list) != want {
			t.Errorf("%q: %d windows, want %d", query, len(list), want)
		}
	}

	last := ""
	for _, w := range getJSON(t, h, "/api/v1/windows?window=hour&segment=&limit=3&metric=accuracy")["windows"].([]any) {
		w := w.(map[string]any)
		if end := w["end"].(string); end <= last {
			t.Errorf("%s comes after %s", end, last)
		} else {
			last = end
		}
		if metrics := w["metrics"].(map[string]any); len(metrics) != 1 || metrics["accuracy"] == nil {
			t.Errorf("metric=accuracy left %v", metrics)
		}
	}
	if want := s.StreamTime.String(); last != want {
		t.Errorf("the newest of the last 3 ends at %s, want %s", last, want)
	}
	for _, bad := range []string{"0", "-1", "x", "", "99999999999999999999"} {
		if r := get(t, h, "/api/v1/windows?limit="+bad); r.StatusCode != http.StatusBadRequest {
			t.Errorf("limit=%s: %s", bad, r.Status)
		}
	}
}

func TestUndefinedFiguresAreNull(t *testing.T) {
	maturity := math.NaN()
	s := dashboard.Snapshot{Windows: []schemas.Window{{
		Name: "hour", Version: "1", Start: schemas.Beginning, End: noon, At: noon, State: schemas.Mature, Maturity: &maturity, FinalBy: schemas.Beginning,
		Metrics: []schemas.Metric{
			{Name: "accuracy", Undefined: "too few", N: 3},
			{Name: "auc", Value: math.NaN(), Low: math.Inf(-1), High: 1, N: 9},
		},
	}}}
	got := getJSON(t, dashboard.New(fixed(s), dashboard.Options{}), "/api/v1/windows")["windows"].([]any)[0].(map[string]any)
	want := map[string]any{
		"window": "hour", "clock": "event", "start": nil, "end": "2026-11-23T12:00:00Z", "at": "2026-11-23T12:00:00Z",
		"version": "1", "segment": "", "state": "mature", "revision": 0.0, "n": 0.0, "scored": 0.0, "assumed": 0.0,
		"unlabelled": 0.0, "late": 0.0, "coverage": nil, "maturity": nil, "final_by": nil,
		"metrics": map[string]any{
			"accuracy": map[string]any{"value": nil, "low": nil, "high": nil, "n": 3.0, "undefined": "too few"},
			"auc":      map[string]any{"value": nil, "low": nil, "high": 1.0, "n": 9.0},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSegmentsStandForTheirNewestJudgedWindow(t *testing.T) {
	s := dashboardtest.Elec(600)
	answer := getJSON(t, dashboard.New(fixed(s), dashboard.Options{}), "/api/v1/segments")
	if answer["window"] != "hour" || answer["version"] != "1" || answer["metric"] != "accuracy" {
		t.Errorf("without a choice: %v %v %v", answer["window"], answer["version"], answer["metric"])
	}
	rows := answer["segments"].([]any)
	var names []string
	for _, row := range rows {
		row := row.(map[string]any)
		names = append(names, row["segment"].(string))
		past := row["past"].([]any)
		judged := row["judged"].(map[string]any)
		newest := judged["metrics"].(map[string]any)["accuracy"].(map[string]any)["value"]
		if row["windows"] != 600.0 || len(past) != 60 || past[59] != newest {
			t.Errorf("%v: %v windows, %d points, the last %v, judged %v", row["segment"], row["windows"], len(past), past[len(past)-1], newest)
		}
		if judged["end"] != s.StreamTime.String() {
			t.Errorf("%v: judged %v", row["segment"], judged["end"])
		}
	}
	if diff := cmp.Diff([]string{"", dashboardtest.Hostile, "region=NSW", "region=QLD", "region=VIC"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestAlarmsAreInOrder(t *testing.T) {
	s := dashboardtest.Elec(600)
	answer := getJSON(t, dashboard.New(fixed(s), dashboard.Options{}), "/api/v1/alarms")
	list := answer["alarms"].([]any)
	if len(list) != len(s.Alarms) || len(list) < 6 {
		t.Fatalf("%d alarms of %d", len(list), len(s.Alarms))
	}
	for i, a := range list {
		a, want := a.(map[string]any), s.Alarms[i]
		if a["id"] != want.ID || a["state"] != want.State.String() || a["at"] != want.At.String() || a["value"] != want.Value {
			t.Errorf("alarm %d is %v, want %+v", i, a, want)
		}
	}
	if len(answer["episodes"].([]any)) != len(s.Episodes()) {
		t.Errorf("%d episodes, want %d", len(answer["episodes"].([]any)), len(s.Episodes()))
	}
}

func TestAPIOfNothing(t *testing.T) {
	h := dashboard.New(fixed(dashboard.Snapshot{StreamTime: schemas.Beginning}), dashboard.Options{})
	for target, want := range map[string]string{
		"/api/v1/windows":  `{"windows":[]}`,
		"/api/v1/alarms":   `{"alarms":[],"episodes":[]}`,
		"/api/v1/segments": `{"metric":"","segments":[],"version":"","window":""}`,
	} {
		if got := strings.TrimSpace(body(t, get(t, h, target))); got != want {
			t.Errorf("%s: %s, want %s", target, got, want)
		}
	}
	if got := body(t, get(t, h, "/api/v1/snapshot")); !strings.Contains(got, `"stream_time":null`) || strings.Contains(got, `s":null`) {
		t.Errorf("/api/v1/snapshot: %s", got)
	}
}
