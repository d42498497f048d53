package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/schemas"
)

func windowHeads() []string {
	return []string{"WINDOW", "START:20", "END:20", "VERSION:10", "SEGMENT:8", "STATE:11", "REV", "SCORED", "COVERAGE", "MATURITY:11", "FINAL BY:20", "METRICS"}
}

type windowJSON struct {
	position
	Model      string                `json:"model"`
	Window     string                `json:"window"`
	Clock      schemas.Clock         `json:"clock"`
	Start      stamp                 `json:"start"`
	End        stamp                 `json:"end"`
	Version    string                `json:"version"`
	Segment    string                `json:"segment"`
	State      schemas.WindowState   `json:"state"`
	Revision   int32                 `json:"revision"`
	At         stamp                 `json:"at"`
	Scored     int64                 `json:"scored"`
	N          int64                 `json:"n"` // with a truth
	Assumed    int64                 `json:"assumed"`
	Unlabelled int64                 `json:"unlabelled"`
	Late       int64                 `json:"late"`
	Coverage   figure                `json:"coverage"`
	Maturity   *figure               `json:"maturity"`
	FinalBy    stamp                 `json:"final_by"`
	Metrics    map[string]metricJSON `json:"metrics"`

	MaturityUndefined string             `json:"maturity_undefined,omitempty"`
	Values            *schemas.ValueView `json:"values,omitempty"` // of the scores, labelled and not
}

type metricJSON struct {
	Value     *figure `json:"value"` // null where it is undefined
	Low       *figure `json:"low"`
	High      *figure `json:"high"`
	N         int64   `json:"n"`
	Undefined string  `json:"undefined"`
}

func readWindow(r *kgo.Record) (shown, error) {
	w, err := own[schemas.Window](r, schemas.WindowRecord)
	if err != nil {
		return shown{}, err
	}
	j := windowJSON{
		position: positionOf(r), Model: w.Model, Window: w.Name, Clock: w.Clock, Start: stamp(w.Start), End: stamp(w.End),
		Version: w.Version, Segment: w.Segment, State: w.State, Revision: w.Revision, At: stamp(w.At), Scored: w.Scored,
		N: w.Labelled, Assumed: w.Assumed, Unlabelled: w.Unlabelled, Late: w.Late, Coverage: figure(w.Coverage),
		FinalBy: stamp(w.FinalBy), MaturityUndefined: w.MaturityUndefined, Values: schemas.ViewValues(w.Values),
		Metrics: map[string]metricJSON{},
	}
	mature := w.MaturityUndefined
	if w.Maturity != nil {
		m := figure(*w.Maturity)
		j.Maturity, mature = &m, percent(*w.Maturity)
	}
	var texts []string
	for _, m := range w.Metrics {
		texts = append(texts, metricText(m))
		mj := metricJSON{N: m.N, Undefined: m.Undefined}
		if m.Undefined == "" {
			value, low, high := figure(m.Value), figure(m.Low), figure(m.High)
			mj.Value, mj.Low, mj.High = &value, &low, &high
		}
		j.Metrics[m.Name] = mj
	}
	return shown{
		cells: []string{w.Name, w.Start.String(), w.End.String(), w.Model + "@" + w.Version, w.Segment, w.State.String(),
			strconv.Itoa(int(w.Revision)), strconv.FormatInt(w.Scored, 10), percent(w.Coverage), mature, w.FinalBy.String(), strings.Join(texts, "  ")},
		json: j,
	}, nil
}

func metricText(m schemas.Metric) string {
	if m.Undefined != "" {
		return fmt.Sprintf("%s: %s", m.Name, m.Undefined)
	}
	return fmt.Sprintf("%s %s [%s, %s] n=%d", m.Name, short(m.Value), short(m.Low), short(m.High), m.N)
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) + "%" }

func alarmHeads() []string {
	return []string{"AT:20", "ALARM:12", "STATE:8", "SEVERITY", "VERSION:10", "SEGMENT:8", "VALUE:8", "INTERVAL:16", "BOUND", "N:6", "TEXT"}
}

type alarmJSON struct {
	position
	ID       string             `json:"id"`
	Name     string             `json:"name"`
	State    schemas.AlarmState `json:"state"`
	Previous schemas.AlarmState `json:"previous"`
	At       stamp              `json:"at"`
	Since    stamp              `json:"since"`
	Severity string             `json:"severity"`
	Model    string             `json:"model"`
	Version  string             `json:"version"`
	Segment  string             `json:"segment"`
	Window   string             `json:"window"`
	Start    stamp              `json:"start"`
	End      stamp              `json:"end"`
	Metric   string             `json:"metric"`
	Value    figure             `json:"value"`
	Low      figure             `json:"low"`
	High     figure             `json:"high"`
	N        int64              `json:"n"`
	Coverage figure             `json:"coverage"`
	Bound    figure             `json:"bound"`
	Text     string             `json:"text"`
}

func readAlarm(r *kgo.Record) (shown, error) {
	a, err := own[schemas.Alarm](r, schemas.AlarmRecord)
	if err != nil {
		return shown{}, err
	}
	whose := a.Model
	if a.Window != "" { // else it is about all versions
		whose += "@" + a.Version
	}
	return shown{
		cells: []string{a.At.String(), a.Name, a.State.String(), a.Severity, whose, a.Segment, short(a.Value),
			"[" + short(a.Low) + ", " + short(a.High) + "]", short(a.Bound), strconv.FormatInt(a.N, 10), a.Text},
		json: alarmJSON{
			position: positionOf(r), ID: a.ID, Name: a.Name, State: a.State, Previous: a.Previous, At: stamp(a.At), Since: stamp(a.Since),
			Severity: a.Severity, Model: a.Model, Version: a.Version, Segment: a.Segment, Window: a.Window, Start: stamp(a.Start),
			End: stamp(a.End), Metric: a.Metric, Value: figure(a.Value), Low: figure(a.Low), High: figure(a.High), N: a.N,
			Coverage: figure(a.Coverage), Bound: figure(a.Bound), Text: a.Text,
		},
	}, nil
}
