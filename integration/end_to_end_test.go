//go:build integration

package integration

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const endToEndConfig = `
events: {topic: PREFIX-events, wire: bare, schema: event.avsc, id: event_id, time: event_time, segments: [region]}
labels: {topic: PREFIX-labels, wire: single-object, schema: label.avsc, id: event_id, value: label, time: label_time, horizon: 6h, grace: 1h}
state: {dir: state}
watch:
  slice: 10m
  windows: [{name: quarter, size: 6h, clock: event}]
  metrics: [accuracy]
  alarms: [{name: accuracy-low, metric: accuracy, window: quarter, below: 0.7, clear: 0.75, min_labels: 100, hold: 0s}]
`

// TestEndToEnd follows a stream from two CSV files to an alarm, and reads
// scores and alarms with a client that is not ours.
func TestEndToEnd(t *testing.T) {
	c := newCluster(t)
	dir := t.TempDir()
	w := world{start: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), spacing: time.Minute, delay: time.Hour, n: 6000, drift: 3600, seed: 1}
	var events, labels strings.Builder
	events.WriteString("event_id,event_time,region,x0,x1,x2,x3\n")
	labels.WriteString("event_id,label,label_time\n")
	truths, published, silent := map[string]string{}, int64(0), int64(0)
	for i := range w.n {
		e := w.event(i)
		truths[e.id] = e.label()
		fmt.Fprintf(&events, "%s,%s,%s,%s\n", e.id, csvTime(e.at), e.region, e.columns())
		rows := []string{e.id}
		switch {
		case i%50 == 7: // nobody ever says
			rows, silent = nil, silent+1
		case i%100 == 1: // said twice
			rows = append(rows, e.id)
		case i%100 == 2: // and one about something else
			rows = append(rows, "nobody-"+e.id)
		}
		for _, id := range rows {
			fmt.Fprintf(&labels, "%s,%s,%s\n", id, e.label(), csvTime(e.at.Add(w.delay)))
			published++
		}
	}
	writeFile(t, dir, "event.avsc", eventSchema)
	writeFile(t, dir, "label.avsc", labelSchema)
	writeFile(t, dir, "events.csv", events.String())
	writeFile(t, dir, "labels.csv", labels.String())
	c.config(dir, "hindsight.yaml", endToEndConfig)
	trainBundle(t, dir)

	c.create("events", 3, nil)
	c.create("labels", 2, nil) // not as many as scores: every label is forwarded
	succeed(t, dir, "topics", "create", "-c", "hindsight.yaml")
	succeed(t, dir, "publish", "-c", "hindsight.yaml", "events", "events.csv")
	succeed(t, dir, "publish", "-c", "hindsight.yaml", "labels", "labels.csv")
	succeed(t, dir, "run", "-c", "hindsight.yaml", "--until-end", "--report", "report.json")

	r := readReport(t, filepath.Join(dir, "report.json"))
	r.addsUp(t, int64(w.n), published)
	if r.DeadLetters != 0 {
		t.Errorf("%d dead letters", r.DeadLetters)
	}
	if n := r.Outcomes["matched"]; n != int64(w.n)-silent || r.Labels["used"] != n {
		t.Errorf("%d matched scores, %d used labels, want %d", n, r.Labels["used"], int64(w.n)-silent)
	}
	if n := r.Outcomes["unlabelled"] + r.Outcomes["pending"]; n != silent {
		t.Errorf("%d scores without a truth, want %d", n, silent)
	}
	if n := r.Labels["duplicate"]; n != int64(w.n)/100 {
		t.Errorf("%d repeated labels, want %d", n, w.n/100)
	}
	if n := r.Labels["orphan"] + r.Labels["waiting"]; n != int64(w.n)/100 || r.Labels["orphan"] == 0 {
		t.Errorf("%d labels without an event (%d of them given up), want %d", n, r.Labels["orphan"], w.n/100)
	}
	right := judgeScores(t, c, w, truths)
	judgeWindows(t, r, w.start.Add(time.Duration(w.n-1)*w.spacing+w.delay), right)
	judgeAlarms(t, c, r, w)
	if out := succeed(t, dir, "ledger", "-c", "hindsight.yaml", "-o", "json"); !strings.Contains(out, `"matched"`) {
		t.Errorf("ledger: %s", out)
	}
}

// tally counts the scores of one window that have a truth, and the right ones.
type tally struct{ labelled, right int64 }

// judgeScores reads the scores with kcat and returns what that client would
// think of the model, by the start of the window and the segment.
func judgeScores(t *testing.T, c *cluster, w world, truths map[string]string) map[string]tally {
	records, seen, right := publishedSchemas(t), map[string]bool{}, map[string]tally{}
	for _, value := range c.kcat("scores") {
		score, err := records.decode(value)
		if err != nil {
			t.Fatalf("score: %v", err)
		}
		id := score["event_id"].(string)
		truth, ok := truths[id]
		if !ok || seen[id] {
			t.Fatalf("a score of %q, known: %v, seen before: %v", id, ok, seen[id])
		}
		seen[id] = true
		var i int
		if _, err := fmt.Sscanf(id, "event-%d", &i); err != nil {
			t.Fatal(err)
		}
		e := w.event(i)
		if at := score["event_time"].(time.Time); !at.Equal(e.at) {
			t.Fatalf("%s: event time %v, want %v", id, at, e.at)
		}
		if i%50 == 7 {
			continue
		}
		for _, segment := range []string{"", "region=" + e.region} {
			key := e.at.Truncate(6*time.Hour).Format(time.RFC3339) + " " + segment
			n := right[key]
			n.labelled++
			if score["prediction"] == truth {
				n.right++
			}
			right[key] = n
		}
	}
	if len(seen) != w.n {
		t.Errorf("kcat reads %d scores, want %d", len(seen), w.n)
	}
	return right
}

// judgeWindows compares what is final in the report with what kcat's scores
// give, and lets nothing be missing that had to be final by the end.
func judgeWindows(t *testing.T, r report, end time.Time, want map[string]tally) {
	for _, window := range r.Windows {
		start, err := time.Parse(time.RFC3339, window.Start)
		if err != nil {
			t.Fatal(err)
		}
		if window.State != "final" {
			continue
		}
		key := start.UTC().Format(time.RFC3339) + " " + window.Segment
		n := want[key]
		delete(want, key)
		accuracy := window.Metrics["accuracy"]
		if window.N != n.labelled || math.Abs(accuracy.Value*float64(n.labelled)-float64(n.right)) > 1e-6 {
			t.Errorf("window %s: n %d, accuracy %v; kcat's scores give %d of %d", key, window.N, accuracy.Value, n.right, n.labelled)
		}
		if accuracy.Low > accuracy.Value || accuracy.High < accuracy.Value {
			t.Errorf("window %s: %v is not in [%v, %v]", key, accuracy.Value, accuracy.Low, accuracy.High)
		}
	}
	for key, n := range want {
		start, err := time.Parse(time.RFC3339, key[:len("2006-01-02T15:04:05Z")])
		if err != nil {
			t.Fatal(err)
		}
		if final := start.Add(13 * time.Hour); !final.After(end) { // size, horizon, grace
			t.Errorf("no final window %s, though %d scores in it have a truth", key, n.labelled)
		}
	}
}

func judgeAlarms(t *testing.T, c *cluster, r report, w world) {
	changed := w.start.Add(time.Duration(w.drift) * w.spacing)
	fired := 0
	for _, a := range r.Alarms {
		at, err := time.Parse(time.RFC3339, a.At)
		if err != nil {
			t.Fatal(err)
		}
		if a.State != "firing" {
			continue
		}
		fired++
		if at.Before(changed) || at.After(changed.Add(12*time.Hour)) {
			t.Errorf("alarm %s fires at %s; the world changed at %v", a.Name, a.At, changed)
		}
		if a.High >= a.Bound {
			t.Errorf("alarm %s fires though its interval [%v, %v] reaches the bound %v", a.Name, a.Low, a.High, a.Bound)
		}
	}
	if fired != 1 {
		t.Errorf("%d alarms fired, want the one: %+v", fired, r.Alarms)
	}
	records, firing := publishedSchemas(t), 0
	for _, value := range c.kcat("alarms") {
		alarm, err := records.decode(value)
		if err != nil {
			t.Fatalf("alarm: %v", err)
		}
		if alarm["state"] == "firing" {
			firing++
		}
	}
	if firing != 1 {
		t.Errorf("kcat reads %d firing alarms, want 1", firing)
	}
}
