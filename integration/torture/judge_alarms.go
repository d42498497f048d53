package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/twmb/franz-go/pkg/kgo"
)

// alarms: the changes of state of each alarm are those that the windows give,
// in their order, none repeated and none left out.
func (j *judge) alarms() error {
	want := expectAlarms(j.expected, j.fold.end)
	got := map[[2]string][]alarmRecord{}
	episodes := map[string]int64{} // since when each id stands
	if err := j.read("alarms", func(r *kgo.Record, f fields) {
		a := alarmRecord{
			name: f.text("name"), segment: f.text("segment"), state: f.text("state"), previous: f.text("previous"), at: f.int("at"), since: f.int("since"),
			reading: reading{f.int("start"), f.int("end"), f.number("value"), f.number("low"), f.number("high"), f.int("n"), f.number("coverage")},
		}
		key := [2]string{a.name, a.segment}
		if since, known := episodes[f.text("id")]; known && since != a.since {
			j.violate("alarms", "id %s stands for two episodes of %v", f.text("id"), key)
		}
		episodes[f.text("id")] = a.since
		if list := got[key]; len(list) > 0 {
			last := list[len(list)-1]
			from := last.state
			if from == "resolved" {
				from = "ok"
			}
			if a.previous != from && !(last.state == "resolved" && a.previous == "unknown") || a.at <= last.at {
				j.violate("alarms", "%v: %s→%s at %d follows %s→%s at %d (offset %d)", key, a.previous, a.state, a.at, last.previous, last.state, last.at, r.Offset)
			}
		}
		got[key] = append(got[key], a)
		if a.state == "firing" {
			j.firings++
		}
	}); err != nil {
		return err
	}
	for key, list := range want {
		for i, w := range list {
			if i >= len(got[key]) {
				j.violate("alarms", "%v: change %d is missing: %+v", key, i, w)
				break
			}
			if g := got[key][i]; !g.like(w) {
				j.violate("alarms", "%v: change %d is %+v, want %+v", key, i, g, w)
				break
			}
		}
	}
	for key, list := range got {
		if extra := len(list) - len(want[key]); extra > 0 {
			j.violate("alarms", "%v: %d changes too many, the first is %+v", key, extra, list[len(want[key])])
		}
	}
	return nil
}

func (a alarmRecord) like(b alarmRecord) bool {
	r, s := a.reading, b.reading
	same := a.name == b.name && a.segment == b.segment && a.state == b.state && a.previous == b.previous && a.at == b.at && a.since == b.since && r.n == s.n
	return same && near(r.value, s.value) && near(r.low, s.low) && near(r.high, s.high) && (s.n == 0 || r.start == s.start && r.end == s.end)
}

// report: the program's own sums are those of the topics.
func (j *judge) report() error {
	text, err := os.ReadFile(filepath.Join(j.dir, "report.json"))
	if err != nil {
		return err
	}
	var got struct {
		Events, Scores int64
		DeadLetters    int64 `json:"dead_letters"`
		Labels         map[string]int64
		Outcomes       map[string]int64
	}
	if err := json.Unmarshal(text, &got); err != nil {
		return fmt.Errorf("report.json: %w", err)
	}
	labels := map[string]int64{"waiting": j.fold.waiting, "dead_letter": int64(len(j.dead[j.topic("labels")]))}
	outcomes := map[string]int64{"pending": j.fold.pending}
	kinds := map[position]string{}
	for _, o := range j.fold.outcomes {
		if o.fate != "none" {
			labels[o.fate]++
		}
		if o.kind != "none" {
			kinds[o.event] = o.kind
		}
	}
	for _, kind := range kinds {
		outcomes[kind]++
	}
	if got.Events != j.inputs[j.topic("events")] || got.Scores != int64(len(j.scored)) || got.DeadLetters != int64(len(j.dead[j.topic("events")])) {
		j.violate("ledger", "the report says %d events, %d scores, %d dead letters: want %d, %d, %d", got.Events, got.Scores, got.DeadLetters,
			j.inputs[j.topic("events")], len(j.scored), len(j.dead[j.topic("events")]))
	}
	j.compareCounts("labels", got.Labels, labels)
	j.compareCounts("outcomes", got.Outcomes, outcomes)
	return nil
}

func (j *judge) compareCounts(what string, got, want map[string]int64) {
	for name, n := range want {
		if got[name] != n {
			j.violate("ledger", "the report says %d %s %s, want %d", got[name], what, name, n)
		}
	}
	for name, n := range got {
		if _, known := want[name]; !known && n != 0 {
			j.violate("ledger", "the report says %d %s %s, want none", n, what, name)
		}
	}
}
