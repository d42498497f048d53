package dashboard

import (
	"math"

	"hindsight/schemas"
)

// The types of this file fix the names of the JSON API. A figure that is not
// known, not defined or not finite is null: it is never a zero that looks well.

type windowView struct {
	Window     string                `json:"window"`
	Clock      string                `json:"clock"`
	Start      *string               `json:"start"`
	End        *string               `json:"end"`
	Version    string                `json:"version"`
	Segment    string                `json:"segment"`
	State      string                `json:"state"`
	Revision   int32                 `json:"revision"`
	At         *string               `json:"at"`
	N          int64                 `json:"n"` // labelled outcomes
	Scored     int64                 `json:"scored"`
	Assumed    int64                 `json:"assumed"`
	Unlabelled int64                 `json:"unlabelled"`
	Late       int64                 `json:"late"`
	Coverage   *float64              `json:"coverage"`
	Maturity   *float64              `json:"maturity"`
	FinalBy    *string               `json:"final_by"`
	Metrics    map[string]metricView `json:"metrics"`

	MaturityUndefined string             `json:"maturity_undefined,omitempty"`
	Values            *schemas.ValueView `json:"values,omitempty"` // of the scores, labelled and not
}

type metricView struct {
	Value     *float64 `json:"value"`
	Low       *float64 `json:"low"`
	High      *float64 `json:"high"`
	N         int64    `json:"n"`
	Undefined string   `json:"undefined,omitempty"`
}

// viewWindow shows w; only, where it is not empty, names the one metric to show.
func viewWindow(w schemas.Window, only string) windowView {
	v := windowView{
		Window: w.Name, Clock: w.Clock.String(), Start: instant(w.Start), End: instant(w.End),
		Version: w.Version, Segment: w.Segment, State: w.State.String(), Revision: w.Revision, At: instant(w.At),
		N: w.Labelled, Scored: w.Scored, Assumed: w.Assumed, Unlabelled: w.Unlabelled, Late: w.Late,
		FinalBy: instant(w.FinalBy), MaturityUndefined: w.MaturityUndefined, Values: schemas.ViewValues(w.Values),
		Metrics: make(map[string]metricView, len(w.Metrics)),
	}
	if w.Scored > 0 {
		v.Coverage = figure(w.Coverage)
	}
	if w.Maturity != nil {
		v.Maturity = figure(*w.Maturity)
	}
	for _, m := range w.Metrics {
		if only == "" || only == m.Name {
			v.Metrics[m.Name] = viewMetric(m)
		}
	}
	return v
}

func viewMetric(m schemas.Metric) metricView {
	if m.Undefined != "" {
		return metricView{N: m.N, Undefined: m.Undefined}
	}
	return metricView{Value: figure(m.Value), Low: figure(m.Low), High: figure(m.High), N: m.N}
}

type alarmView struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	State    string   `json:"state"`
	Previous string   `json:"previous"`
	At       *string  `json:"at"`
	Since    *string  `json:"since"`
	Severity string   `json:"severity"`
	Model    string   `json:"model"`
	Version  string   `json:"version"`
	Segment  string   `json:"segment"`
	Window   string   `json:"window"`
	Start    *string  `json:"start"`
	End      *string  `json:"end"`
	Metric   string   `json:"metric"`
	Value    *float64 `json:"value"`
	Low      *float64 `json:"low"`
	High     *float64 `json:"high"`
	N        int64    `json:"n"`
	Coverage *float64 `json:"coverage"`
	Bound    *float64 `json:"bound"`
	Text     string   `json:"text"`
}

func viewAlarm(a schemas.Alarm) alarmView {
	return alarmView{
		ID: a.ID, Name: a.Name, State: a.State.String(), Previous: a.Previous.String(),
		At: instant(a.At), Since: instant(a.Since), Severity: a.Severity, Model: a.Model, Version: a.Version,
		Segment: a.Segment, Window: a.Window, Start: instant(a.Start), End: instant(a.End), Metric: a.Metric,
		Value: figure(a.Value), Low: figure(a.Low), High: figure(a.High), N: a.N,
		Coverage: figure(a.Coverage), Bound: figure(a.Bound), Text: a.Text,
	}
}

type episodeView struct {
	Name    string  `json:"name"`
	Version string  `json:"version"`
	Segment string  `json:"segment"`
	Window  string  `json:"window"`
	Metric  string  `json:"metric"`
	Since   *string `json:"since"`
	Fired   *string `json:"fired"` // null: it never did
	Until   *string `json:"until"` // null: it goes on
	State   string  `json:"state"` // of the last change
}

func viewEpisode(e Episode) episodeView {
	return episodeView{
		Name: e.Last.Name, Version: e.Last.Version, Segment: e.Last.Segment, Window: e.Last.Window,
		Metric: e.Last.Metric, Since: instant(e.Since), Fired: instant(e.Fired), Until: instant(e.Until),
		State: e.Last.State.String(),
	}
}

func instant(i schemas.Instant) *string {
	if i == schemas.Beginning || i == schemas.Forever {
		return nil
	}
	text := i.String()
	return &text
}

func figure(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
