package alarm

import (
	"math"
	"strings"
	"testing"
	"time"

	"hindsight/schemas"
)

func TestValidate(t *testing.T) {
	if err := below().Validate(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		spoil func(*Rule)
		want  []string
	}{
		{"no name", func(r *Rule) { r.Name = "" }, []string{"name is missing"}},
		{"metric", func(r *Rule) { r.Metric = "acc" }, []string{`alarm "accuracy-low"`, `"acc" is unknown`, "log_loss"}},
		{"no bound", func(r *Rule) { r.Below = nil }, []string{"neither below nor above"}},
		{"two bounds", func(r *Rule) { r.Above = at(1) }, []string{"both set"}},
		{"bound", func(r *Rule) { r.Below, r.Clear = at(math.NaN()), nil }, []string{"the bound is NaN"}},
		{"clear NaN", func(r *Rule) { r.Clear = at(math.NaN()) }, []string{"clear is NaN"}},
		{"clear under below", func(r *Rule) { r.Clear = at(0.8) }, []string{"clear 0.8 is under below 0.86"}},
		{"clear over above", func(r *Rule) { r.Below, r.Above = nil, at(0.5) }, []string{"clear 0.88 is over above 0.5"}},
		{"all the rest", func(r *Rule) { r.MinLabels, r.MinCoverage, r.Confidence, r.Hold = -1, math.NaN(), 1, -time.Second },
			[]string{"min_labels is -1", "min_coverage is NaN", "confidence is 1", "hold is -1s"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rule := below()
			test.spoil(rule)
			err := rule.Validate()
			if err == nil {
				t.Fatal("no fault found")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func TestCovers(t *testing.T) {
	tests := []struct {
		segments []string
		covers   []string
		not      []string
	}{
		{nil, []string{""}, []string{"region=eu"}},
		{[]string{"region"}, []string{"region=eu", "region=", "region=a=b"}, []string{"", "reg=eu", "channel=web"}},
		{[]string{"", "region"}, []string{"", "region=eu"}, []string{"channel=web"}},
		{[]string{"region=eu"}, []string{"region=eu"}, []string{"", "region=us"}},
		{[]string{Everything}, []string{"", "region=eu", "channel=web"}, nil},
	}
	for _, test := range tests {
		rule := Rule{Segments: test.segments}
		for _, segment := range test.covers {
			if !rule.Covers(segment) {
				t.Errorf("%q does not cover %q", test.segments, segment)
			}
		}
		for _, segment := range test.not {
			if rule.Covers(segment) {
				t.Errorf("%q covers %q", test.segments, segment)
			}
		}
	}
}

func TestWriting(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 4812: "4,812", 1234567: "1,234,567", -100: "-100", -1000: "-1,000"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is written %q", n, got)
		}
	}
	for share, want := range map[float64]string{0: "0 %", 0.97: "97 %", 0.29: "29 %", 0.4999: "49.9 %", 0.99999: "99.9 %", 1: "100 %"} {
		if got := percent(share); got != want {
			t.Errorf("%v is written %q, want %q", share, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0s", 10 * time.Minute: "10m", 36 * time.Hour: "36h", 48 * time.Hour: "2d", 90 * time.Second: "1m30s", 20 * time.Hour: "20h"} {
		if got := span(d); got != want {
			t.Errorf("%v is written %q, want %q", d, got, want)
		}
	}
	for end, want := range map[schemas.Instant]string{
		day(1):                       "2019-03-12…2019-03-13",
		day(0).Add(time.Hour):        "2019-03-12T00:00Z…2019-03-12T01:00Z",
		day(0).Add(90 * time.Second): "2019-03-12T00:00:00Z…2019-03-12T00:01:30Z",
	} {
		if got := dates(day(0), end); got != want {
			t.Errorf("dates are written %q, want %q", got, want)
		}
	}
}
