package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const bundle = `name: sign
version: "1"
task: classification
model: {file: linear.json, format: linear}
classes: ["0", "1"]
threshold: 0.5
inputs:
  - {name: x0, type: number}
  - {name: x1, type: number}
  - {name: x2, type: number}
  - {name: x3, type: number}
`

// files writes the schemas and the bundle.
func (r *round) files() error {
	var coef []string
	for _, w := range weights {
		coef = append(coef, strconv.FormatFloat(w, 'g', -1, 64))
	}
	linear := fmt.Sprintf(`{"objective": "logistic", "features": ["x0", "x1", "x2", "x3"], "classes": ["0", "1"], "coef": [[%s]], "intercept": [%v]}`,
		strings.Join(coef, ", "), intercept)
	for name, text := range map[string]string{
		"event.avsc": eventSchema, "label.avsc": labelSchema, "bundles/sign/bundle.yaml": bundle, "bundles/sign/linear.json": linear,
	} {
		path := filepath.Join(r.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// config is the configuration of one process.
func (r *round) config(process string) string {
	p := r.plan
	var b strings.Builder
	fmt.Fprintf(&b, "kafka:\n  brokers: [%s]\n  group: %sgroup\n  delivery: %s\n", r.broker.proxy.address(), r.prefix, p.delivery)
	for key, value := range map[string]string{"session_timeout": sessionTimeout.String(), "transaction_timeout": "10s"} {
		if r.keys[key] {
			fmt.Fprintf(&b, "  %s: %s\n", key, value)
		}
	}
	if p.static && r.keys["instance"] {
		fmt.Fprintf(&b, "  instance: %s%s\n", r.prefix, process)
	}
	missing := "unlabelled"
	if p.rules.missing != "" {
		missing = fmt.Sprintf("{assumed: %q}", p.rules.missing)
	}
	fmt.Fprintf(&b, `events: {topic: %s, wire: bare, schema: event.avsc, id: event_id, time: event_time, segments: [region], clock: %s}
labels: {topic: %s, wire: bare, schema: label.avsc, id: event_id, value: label, time: label_time, clock: %s, horizon: %s, grace: %s, early: %s, missing: %s, conflict: %s, idle_after: 10h}
scores: {partitioner: %s}
output: {wire: single-object}
model: {bundles: bundles, champion: sign@1}
http: {listen: 127.0.0.1:0}
state: {dir: state-%s}
topics:
%s`,
		r.topic("events"), p.rules.eventsClock, r.topic("labels"), p.rules.labelsClock, duration(p.rules.horizon), duration(p.rules.grace),
		duration(p.rules.early), missing, p.rules.policy, p.partitioner, process, r.topics())
	fmt.Fprintf(&b, "watch:\n  slice: 10m\n  tick: %s\n  metrics: [accuracy]\n  windows:\n", duration(p.rules.tick))
	for _, s := range specs {
		fmt.Fprintf(&b, "    - {name: %s, size: %s, slide: %s, clock: %s}\n", s.name, duration(s.size), duration(s.slide), s.clock)
	}
	b.WriteString("  alarms:\n")
	for _, a := range alarmRules {
		segments := ""
		if a.regions {
			segments = "segments: [region], "
		}
		fmt.Fprintf(&b, "    - {name: %s, metric: accuracy, window: %s, %sbelow: %v, clear: %v, min_labels: %d, min_coverage: %v, confidence: %v, hold: %s}\n",
			a.name, a.window, segments, a.below, a.clear, a.labels, a.coverage, a.confidence, duration(a.hold))
	}
	return b.String()
}

func duration(micros int64) string { return (time.Duration(micros) * time.Microsecond).String() }
