//go:build integration

package integration

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const foreignConfig = `
scores:
  partitioner: PARTITIONER
  wire: single-object
  schema: score.avsc
  id: payment.id
  value: probability
  prediction: decision
  version: model.build
  time: scored_at
  segments: [payment.channel]
  model: fraud
  positive: "1"
labels: {topic: PREFIX-labels, wire: bare, schema: label.avsc, id: payment_id, value: fraud, map: {yes: 1, no: 0}, time: known, clock: label_time, horizon: 6h, grace: 1h}
watch:
  slice: 1h
  windows: [{name: day, size: 1d}]
  metrics: [accuracy, auc]
  alarms: [{name: accuracy-low, metric: accuracy, window: day, below: 0.6, min_labels: 100}]
`

// TestScoresOfAPythonProgram watches a model that another program serves, in
// another language and with other libraries: Python, librdkafka (whose
// partitioner is CRC-32) and fastavro. That program says itself what is true of
// what it wrote; hindsight has to find the same.
func TestScoresOfAPythonProgram(t *testing.T) {
	c := newCluster(t)
	dir := t.TempDir()
	c.create("scores", 4, nil)
	c.create("labels", 3, nil)
	for _, name := range []string{"score.avsc", "label.avsc"} {
		text, err := os.ReadFile(filepath.Join("foreign", name))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, dir, name, string(text))
	}
	const n = 6000
	cmd := exec.CommandContext(t.Context(), foreignPython(t), filepath.Join("foreign", "program.py"),
		strings.Join(c.brokers, ","), c.topic("scores"), c.topic("labels"), strconv.Itoa(n))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("program.py: %v\n%s", err, stderr.Bytes())
	}
	var told struct {
		Counts  map[string]int64    `json:"counts"`
		Windows map[string][2]int64 `json:"windows"`
	}
	if err := json.Unmarshal(out, &told); err != nil {
		t.Fatalf("%v: %s", err, out)
	}

	c.foreignConfig(dir, "hindsight.yaml", "murmur2")
	if out := refused(t, dir, "check", "-c", "hindsight.yaml", "--stages", "join,watch"); !strings.Contains(out, "set scores.partitioner: crc32") {
		t.Errorf("check does not say whose placement it is:\n%s", out)
	}
	c.foreignConfig(dir, "hindsight.yaml", "crc32")
	succeed(t, dir, "topics", "create", "-c", "hindsight.yaml")
	succeed(t, dir, "check", "-c", "hindsight.yaml", "--stages", "join,watch")
	succeed(t, dir, "run", "-c", "hindsight.yaml", "--stages", "join,watch", "--until-end", "--report", "report.json")
	succeed(t, dir, "audit", "-c", "hindsight.yaml")

	r := readReport(t, filepath.Join(dir, "report.json"))
	got := map[string]int64{
		"scores": r.Scores, "unusable": r.DeadLetters, "labels": sumOf(r.Labels), "twice": r.Labels["duplicate"],
		"without a label": r.Outcomes["unlabelled"] + r.Outcomes["pending"],
	}
	if diff := cmp.Diff(told.Counts, got); diff != "" {
		t.Errorf("(-what the program says +what hindsight says)\n%s", diff)
	}
	windows := map[string][2]int64{}
	for _, w := range r.Windows {
		if w.N > 0 {
			day, _, _ := strings.Cut(w.Start, "T")
			windows[day+" "+w.Version+" "+w.Segment] = [2]int64{w.N, int64(math.Round(w.Metrics["accuracy"].Value * float64(w.N)))}
		}
	}
	if diff := cmp.Diff(told.Windows, windows); diff != "" {
		t.Errorf("labelled and right (-what the program says +what hindsight says)\n%s", diff)
	}
	fired := false
	for _, a := range r.Alarms {
		fired = fired || a.State == "firing" && a.Version == "42"
	}
	if !fired {
		t.Error("no alarm says that build 42 has it the wrong way round")
	}
}

func (c *cluster) foreignConfig(dir, name, partitioner string) {
	c.t.Helper()
	c.config(dir, name, strings.ReplaceAll(foreignConfig, "PARTITIONER", partitioner))
	file := filepath.Join(dir, name)
	text, err := os.ReadFile(file)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, line := range []string{"scores: {partitioner: murmur2}\n", "model: {bundles: bundles, champion: sign@1}\n"} {
		if !bytes.Contains(text, []byte(line)) {
			c.t.Fatalf("the head of the configuration has no %q", line)
		}
		text = bytes.Replace(text, []byte(line), nil, 1)
	}
	writeFile(c.t, dir, name, string(text))
}

// foreignPython is a Python that has foreign/requirements.txt.
func foreignPython(t *testing.T) string {
	t.Helper()
	python := os.Getenv("FOREIGN_PYTHON")
	if python == "" {
		python = filepath.Join("..", "dist", "foreign-python", "bin", "python")
	}
	if _, err := os.Stat(python); err != nil {
		t.Fatalf("%v: make it with: make foreign-python", err)
	}
	return python
}

func sumOf(buckets map[string]int64) (n int64) {
	for _, k := range buckets {
		n += k
	}
	return n
}
