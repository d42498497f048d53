//go:build integration

package integration

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// world is a stream of events whose truth follows a rule that a logistic model
// learns, until drift, from where on the truth is the opposite.
type world struct {
	start   time.Time
	spacing time.Duration // between events
	delay   time.Duration // of a label after its event
	n       int
	drift   int // the first event of the other world; n: never
	seed    uint64

	ids string // what ids begin with; "": event
}

type event struct {
	id       string
	at       time.Time
	region   string
	features [4]float64
	truth    bool
}

// event returns the i-th event; it is the same whenever it is asked for.
func (w world) event(i int) event {
	random := rand.New(rand.NewPCG(w.seed, uint64(i)))
	e := event{id: fmt.Sprintf("%s-%07d", cmp.Or(w.ids, "event"), i), at: w.start.Add(time.Duration(i) * w.spacing), region: [2]string{"north", "south"}[random.IntN(2)]}
	logit := 0.0
	for j, weight := range [4]float64{3, -2, 1, 0} {
		e.features[j] = random.NormFloat64()
		logit += weight * e.features[j]
	}
	e.truth = random.Float64() < 1/(1+math.Exp(-2*logit))
	if i >= w.drift {
		e.truth = !e.truth
	}
	return e
}

func (e event) label() string {
	if e.truth {
		return "1"
	}
	return "0"
}

func (e event) columns() string {
	return fmt.Sprintf("%v,%v,%v,%v", e.features[0], e.features[1], e.features[2], e.features[3])
}

func csvTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

const eventSchema = `{"type": "record", "name": "Reading", "namespace": "test", "fields": [
  {"name": "event_id", "type": "string"},
  {"name": "event_time", "type": {"type": "long", "logicalType": "timestamp-millis"}},
  {"name": "region", "type": "string"},
  {"name": "x0", "type": "double"}, {"name": "x1", "type": "double"}, {"name": "x2", "type": "double"}, {"name": "x3", "type": "double"}]}`

const labelSchema = `{"type": "record", "name": "Truth", "namespace": "test", "fields": [
  {"name": "event_id", "type": "string"},
  {"name": "label", "type": "string"},
  {"name": "label_time", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}`

const bundle = `name: sign
version: "1"
task: classification
model: {file: linear.json, format: linear}
classes: ["0", "1"]
threshold: 0.5
seed: 1
inputs:
  - {name: x0, type: number}
  - {name: x1, type: number}
  - {name: x2, type: number}
  - {name: x3, type: number}
train: {kind: logistic, l2: 1}
tests:
  golden: {file: golden.csv, tolerance: 1e-12}
`

// config is what the tests share; %s stand for brokers, group, topics and more of kafka.
const configHead = `
kafka: {brokers: [%[1]s], group: %[2]sgroup%[3]s}
scores: {partitioner: murmur2}
topics:
  scores: %[2]sscores
  outcomes: %[2]soutcomes
  labels_rerouted: %[2]slabels-rerouted
  slices: %[2]sslices
  watch_state: %[2]swatch-state
  windows: %[2]swindows
  alarms: %[2]salarms
  models: %[2]smodels
  models_history: %[2]smodels-history
  dead_letters: %[2]sdead-letters
model: {bundles: bundles, champion: sign@1}
http: {listen: 127.0.0.1:0}
`

// writeFile writes below dir and makes the folders on the way.
func writeFile(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// trainBundle lets the program fit the model of this world under dir/bundles.
func trainBundle(t *testing.T, dir string) {
	t.Helper()
	past := world{n: 3000, drift: 3000, seed: 1000, start: time.Unix(0, 0)}
	var rows strings.Builder
	rows.WriteString("x0,x1,x2,x3,label\n")
	for i := range past.n {
		e := past.event(i)
		fmt.Fprintf(&rows, "%s,%s\n", e.columns(), e.label())
	}
	writeFile(t, dir, "train.csv", rows.String())
	writeFile(t, dir, "bundles/sign/bundle.yaml", bundle)
	succeed(t, dir, "model", "train", "bundles/sign", "--data", "train.csv", "--label", "label")
}

// config writes hindsight.yaml for this cluster with what a test adds.
func (c *cluster) config(dir, name, rest string) {
	c.t.Helper()
	head := fmt.Sprintf(configHead, strings.Join(c.brokers, ", "), c.prefix, c.settings)
	writeFile(c.t, dir, name, head+strings.ReplaceAll(rest, "PREFIX-", c.prefix))
}
