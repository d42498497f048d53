//go:build integration

package integration

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// TestPanicsAreIsolated plants a panic on one event and one on one label: each
// becomes a dead letter with its reason, the process lives on, and the laws hold.
func TestPanicsAreIsolated(t *testing.T) {
	c, dir := newCluster(t), t.TempDir()
	planted := patched(t, "planted", map[string][2]string{
		"app/score_worker.go": {"	answer, err := w.scorer.Score(", `	if string(id) == "event-0000077" { panic("planted in SCORE") }` + "\n	answer, err := w.scorer.Score("},
		"app/join_read.go":    {"	l.EventID, l.Truth =", `	if string(id) == "event-0000100" { panic("planted in JOIN") }` + "\n	l.EventID, l.Truth ="},
	})
	const total = 5000
	w := world{start: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), spacing: 10 * time.Second, delay: 30 * time.Minute, n: total, drift: total, seed: 10}
	writeFile(t, dir, "event.avsc", eventSchema)
	writeFile(t, dir, "label.avsc", labelSchema)
	trainBundle(t, dir)
	c.config(dir, "a.yaml", fmt.Sprintf(processesConfig, "state"))
	c.create("events", 4, nil)
	c.create("labels", 3, nil)
	succeed(t, dir, "topics", "create", "-c", "a.yaml")
	p := startBinary(t, planted, "planted", dir, "run", "-c", "a.yaml")
	feed := &feed{c: c, w: w}
	feed.send(0, total)
	feed.labels(total)
	c.awaitCommitted("scores", total-1)
	c.awaitCommitted("dead-letters", 2)
	p.stop()
	succeed(t, dir, "run", "-c", "a.yaml", "--until-end")
	reasons := map[string]string{}
	c.committed("dead-letters", func(r *kgo.Record) {
		headers := map[string]string{}
		for _, h := range r.Headers {
			headers[h.Key] = string(h.Value)
		}
		if headers["hindsight.error.class"] != "crash" {
			t.Errorf("%s is a dead letter of class %s", r.Key, headers["hindsight.error.class"])
		}
		reasons[string(r.Key)+" in "+headers["hindsight.error.stage"]] = headers["hindsight.error.message"]
	})
	for key, reason := range map[string]string{"event-0000077 in score": "panic: planted in SCORE", "event-0000100 in join": "panic: planted in JOIN"} {
		wantText(t, reasons[key], []string{reason, "failed 3 times"})
	}
	var r report
	if err := json.Unmarshal([]byte(succeed(t, dir, "ledger", "-c", "a.yaml", "-o", "json")), &r); err != nil {
		t.Fatal(err)
	}
	r.addsUp(t, total, total)
	if r.DeadLetters != 1 || r.Outcomes["matched"] != total-2 || r.Labels["used"] != total-2 || r.Labels["dead_letter"] != 1 {
		t.Errorf("%d dead letters, outcomes %v, labels %v", r.DeadLetters, r.Outcomes, r.Labels)
	}
	succeed(t, dir, "audit", "-c", "a.yaml")
}
