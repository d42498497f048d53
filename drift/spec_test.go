package drift

import (
	"strings"
	"testing"
	"time"

	"hindsight/drift/alarm"
	"hindsight/schemas"
)

func TestWidth(t *testing.T) {
	specs := []WindowSpec{
		{Name: "hour", Size: time.Hour, Slide: 5 * time.Minute, Clock: schemas.LabelClock},
		{Name: "day", Size: 24 * time.Hour, Clock: schemas.EventClock},
		{Name: "odd", Size: 90 * time.Minute, Slide: 40 * time.Minute, Clock: schemas.EventClock},
	}
	tests := []struct {
		name  string
		specs []WindowSpec
		clock schemas.Clock
		least time.Duration
		want  time.Duration
	}{
		{"size and slide", specs, schemas.LabelClock, time.Minute, 5 * time.Minute},
		{"all windows of the clock", specs, schemas.EventClock, time.Minute, 10 * time.Minute},
		{"tumbling", specs[:2], schemas.EventClock, time.Minute, 24 * time.Hour},
		{"no window on the clock", specs[:1], schemas.EventClock, time.Minute, time.Minute},
		{"just wide enough", specs, schemas.EventClock, 10 * time.Minute, 10 * time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, err := Width(test.specs, test.clock, test.least); err != nil || got != test.want {
				t.Errorf("width %v, %v, want %v", got, err, test.want)
			}
		})
	}
	_, err := Width(specs, schemas.EventClock, 15*time.Minute)
	if err == nil || !strings.Contains(err.Error(), `"odd"`) || strings.Contains(err.Error(), `"day"`) {
		t.Errorf("a slice that does not divide the windows: %v", err)
	}
}

func TestConfigFaultsAllAtOnce(t *testing.T) {
	_, err := New(Config{
		Tick: 0, Grace: -1, Publish: -1, Confidence: 2,
		Windows: []WindowSpec{{}, {Name: "a", Size: time.Hour, Slide: 2 * time.Hour}, {Name: "a", Size: time.Hour, Clock: 7}, {Name: "b", Size: 1500}},
		Metrics: []string{"accuracy", "acc", "accuracy"},
		Rules:   []alarm.Rule{{Name: "r", Metric: "accuracy", Window: "c", Below: at(1), Confidence: 0.9}, {Name: "r", Window: "a"}},
	})
	if err == nil {
		t.Fatal("no fault found")
	}
	for _, want := range []string{
		"tick is 0s", "grace -1ns", "publish is -1ns", "confidence is 2", "name is missing", "size is 0s",
		"slide 2h0m0s is longer than size 1h0m0s", `window "a" is defined twice`, "clock 7 is unknown", "whole microseconds",
		`metric "acc" is unknown`, `metric "accuracy" is listed twice`, `window "c" is not among the windows`, `alarm "r" is defined twice`, "neither below nor above",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the faults do not say %q:\n%v", want, err)
		}
	}
}

func TestReach(t *testing.T) {
	config := Config{Horizon: 14 * 24 * time.Hour, Grace: 24 * time.Hour, Windows: []WindowSpec{
		{Name: "month", Size: 720 * time.Hour, Slide: 24 * time.Hour}, {Name: "week", Size: 168 * time.Hour}}}
	if got, want := config.Reach(), (720+24+15*24)*time.Hour; got != want {
		t.Errorf("reach %v, want %v", got, want)
	}
	config.Windows = config.Windows[1:] // from here on it is what the curves are learnt from
	if got, want := config.Reach(), (7+2*15)*24*time.Hour; got != want {
		t.Errorf("reach %v, want %v", got, want)
	}
}
