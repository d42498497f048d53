package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/schemas"
)

// Report is what a run did, read back from topics and commits alone.
// Everything but Timing is a function of the records.
type Report struct {
	Events      int64            `json:"events"`
	Scores      int64            `json:"scores"`
	DeadLetters int64            `json:"dead_letters"` // of events
	Labels      map[string]int64 `json:"labels"`
	Outcomes    map[string]int64 `json:"outcomes"`
	Windows     []ReportWindow   `json:"windows"`
	Alarms      []ReportAlarm    `json:"alarms"`
	Timing      Timing           `json:"timing"`
}

// ReportWindow is the last revision of one window.
type ReportWindow struct {
	Window   string                  `json:"window"`
	Clock    schemas.Clock           `json:"clock"`
	Start    time.Time               `json:"start"`
	End      time.Time               `json:"end"`
	Version  string                  `json:"version"`
	Segment  string                  `json:"segment"`
	N        int64                   `json:"n"` // with a truth
	Scored   int64                   `json:"scored"`
	Coverage float64                 `json:"coverage"`
	Maturity *float64                `json:"maturity"` // null: MaturityUndefined says why
	State    schemas.WindowState     `json:"state"`
	FinalBy  *time.Time              `json:"final_by"` // null: the record does not say
	Revision int32                   `json:"revision"`
	Metrics  map[string]ReportMetric `json:"metrics"`

	MaturityUndefined string             `json:"maturity_undefined,omitempty"`
	Values            *schemas.ValueView `json:"values,omitempty"` // of the scores, labelled and not
}

// ReportMetric is one figure; Undefined says why there is none.
type ReportMetric struct {
	Value     float64 `json:"value"`
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
	N         int64   `json:"n"`
	Undefined string  `json:"undefined,omitempty"`
}

// ReportAlarm is one change of state.
type ReportAlarm struct {
	ID      string             `json:"id"`
	Name    string             `json:"name"`
	State   schemas.AlarmState `json:"state"`
	At      time.Time          `json:"at"`
	Segment string             `json:"segment"`
	Version string             `json:"version"`
	Metric  string             `json:"metric"`
	Value   float64            `json:"value"`
	Low     float64            `json:"low"`
	High    float64            `json:"high"`
	Bound   float64            `json:"bound"`
	N       int64              `json:"n"`
	Text    string             `json:"text"`
}

// Timing is how long the run took; it differs from run to run.
type Timing struct {
	StartedAt  time.Time `json:"started_at"`
	Seconds    float64   `json:"seconds"`
	CPUSeconds float64   `json:"cpu_seconds"`
}

// Report reads the run back.
func (a *App) Report(ctx context.Context) (*Report, error) {
	ledger, err := ReadLedger(ctx, a.admin, a.config)
	if err != nil {
		return nil, err
	}
	windows, alarms, err := readJudgements(ctx, a)
	if err != nil {
		return nil, err
	}
	r := &Report{
		Events: ledger.Events, Scores: ledger.Scores, DeadLetters: ledger.EventDeadLetters,
		Labels: ledger.Labels, Outcomes: ledger.Outcomes, Windows: []ReportWindow{}, Alarms: []ReportAlarm{},
		Timing: Timing{StartedAt: a.started.UTC(), Seconds: time.Since(a.started).Seconds(), CPUSeconds: cpuSeconds()},
	}
	for _, w := range windows {
		r.Windows = append(r.Windows, reportWindow(w))
	}
	for _, al := range alarms {
		r.Alarms = append(r.Alarms, ReportAlarm{
			ID: al.ID, Name: al.Name, State: al.State, At: al.At.Time(), Segment: al.Segment, Version: al.Version, Metric: al.Metric,
			Value: al.Value, Low: al.Low, High: al.High, Bound: al.Bound, N: al.N, Text: al.Text,
		})
	}
	return r, nil
}

func reportWindow(w schemas.Window) ReportWindow {
	out := ReportWindow{
		Window: w.Name, Clock: w.Clock, Start: w.Start.Time(), End: w.End.Time(), Version: w.Version, Segment: w.Segment,
		N: w.Labelled, Scored: w.Scored, Coverage: w.Coverage, Maturity: w.Maturity, State: w.State, Revision: w.Revision,
		MaturityUndefined: w.MaturityUndefined, Values: schemas.ViewValues(w.Values),
		Metrics: map[string]ReportMetric{},
	}
	if w.FinalBy != schemas.Beginning && w.FinalBy != schemas.Forever {
		at := w.FinalBy.Time()
		out.FinalBy = &at
	}
	for _, m := range w.Metrics {
		out.Metrics[m.Name] = ReportMetric{Value: m.Value, Low: m.Low, High: m.High, N: m.N, Undefined: m.Undefined}
	}
	return out
}

// readJudgements reads the topics of windows and alarms to their present ends.
func readJudgements(ctx context.Context, a *App) ([]schemas.Window, []schemas.Alarm, error) {
	book := newJudgements()
	topics := []string{a.config.Topics.Windows, a.config.Topics.Alarms}
	starts, err := offsets(ctx, a.admin.ListStartOffsets, topics...)
	if err != nil {
		return nil, nil, err
	}
	at, err := offsets(ctx, a.admin.ListEndOffsets, topics...)
	if err != nil {
		return nil, nil, err
	}
	var spans []span
	for _, topic := range topics {
		for p, end := range at[topic] {
			spans = append(spans, span{topic, p, starts[topic][p], end})
		}
	}
	if err := readSpans(ctx, a.base, spans, func(r *kgo.Record) error { return book.read(a.config.Topics, r) }); err != nil {
		return nil, nil, err
	}
	windows, alarms := book.sorted()
	return windows, alarms, nil
}

// Write prints the report as one JSON object.
func (r *Report) Write(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}
