package scoring

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// prepareOne prepares one cell by entries for an input x of the type given.
func prepareOne(kind, entries, cell string) ([]float64, error) {
	text := "name: n\nversion: 1\ntask: regression\nmodel: {format: linear}\ninputs: [{name: x, type: " + kind + "}]\n"
	if entries != "" {
		text += "preparation:\n"
		for _, entry := range strings.Split(entries, ";") {
			text += "  - {input: x, " + entry + "}\n"
		}
	}
	s, err := parseSpec([]byte(text))
	if err != nil {
		return nil, err
	}
	p, err := newPlan(s, nil)
	if err != nil {
		return nil, err
	}
	r := p.newRaw()
	if err := r.set(&p.inputs[0], cell); err != nil {
		return nil, err
	}
	prepared := newPreparer(p)
	if err := prepared.prepare(r.numbers, r.texts, r.times); err != nil {
		return nil, err
	}
	return prepared.row.X, nil
}

func TestPrepare(t *testing.T) {
	tests := []struct {
		kind, entries, cell string
		want                []float64
	}{
		{"number", "", "1.5", []float64{1.5}},
		{"number", "", " -1e3 ", []float64{-1000}},
		{"number", "missing: 7", "", []float64{7}},
		{"number", "missing: 7", "NaN", []float64{7}},
		{"number", "missing: -1, clip: [0, 5]", "nan", []float64{0}}, // what stands in goes the whole way
		{"number", "log1p: true", "1", []float64{math.Log(2)}},
		{"number", "log1p: true, clip: [0, 2], scale: {mean: 1, std: 4}", "1e9", []float64{0.25}},
		{"number", "clip: [-1, 1]", "-Inf", []float64{-1}},
		{"number", "scale: {mean: 10, std: 5}", "0", []float64{-2}},
		{"number", "bucket: [0, 10]", "-1", []float64{1, 0, 0}},
		{"number", "bucket: [0, 10]", "0", []float64{0, 1, 0}},
		{"number", "bucket: [0, 10]", "9.999", []float64{0, 1, 0}},
		{"number", "bucket: [0, 10]", "10", []float64{0, 0, 1}},
		{"number", "bucket: [0, 10], encode: index", "10", []float64{2}},
		{"number", "bucket: [0, 10], missing: ignore", "", []float64{0, 0, 0}},
		{"number", "clip: [0, 1]; feature: y, bucket: [5]", "6", []float64{1, 0, 1}},
		{"boolean", "", "True", []float64{1}},
		{"boolean", "", "0.0", []float64{0}},
		{"boolean", "missing: 0.5", "", []float64{0.5}},
		{"category", "levels: [a, b]", "b", []float64{0, 1}},
		{"category", "levels: [a, b], unknown: ignore", "c", []float64{0, 0}},
		{"category", "levels: [a, b], unknown: ignore", "", []float64{0, 0}}, // missing is as unknown unless told
		{"category", "levels: [a, b], unknown: other", "c", []float64{0, 0, 1}},
		{"category", "levels: [a, b], unknown: other, missing: ignore", "", []float64{0, 0, 0}},
		{"category", "levels: [a, b], missing: other", "", []float64{0, 0, 1}},
		{"category", "levels: [a, b], missing: {level: b}", "", []float64{0, 1}},
		{"category", "levels: [a, b], missing: {level: b}, encode: index", "", []float64{1}},
		{"category", "levels: [1, 2], missing: {level: 2.0}", "", []float64{0, 1}},
		{"category", "levels: [a, b], missing: {level: c}, unknown: ignore", "", []float64{0, 0}},
		{"category", "levels: [a, b], missing: {level: c}, unknown: other", "", []float64{0, 0, 1}},
		{"category", "levels: [a, b], encode: index", "b", []float64{1}},
		{"category", "levels: [a, b], encode: index, unknown: other", "c", []float64{2}},
		{"category", "levels: [1, 2.50]", "1.0", []float64{1, 0}}, // canonical text
		{"category", "levels: [1, 2.50]", "2.5", []float64{0, 1}},
		{"category", "levels: [true, 0]", "1", []float64{1, 0}},
		{"category", "hash: 1", "anything", []float64{1}},
		{"category", "hash: 4", "a", []float64{1, 0, 0, 0}}, // FNV-1a 64 of "a" is 0xaf63dc4c8601ec8c
		{"category", "hash: 4, missing: ignore", "", []float64{0, 0, 0, 0}},
		{"time", "part: hour", "2026-11-23T08:15:00+02:00", []float64{6}},
		{"time", "part: weekday", "2026-11-23 08:15:00", []float64{0}}, // a Monday
		{"time", "part: weekday", "2026-11-22 23:59:59.999", []float64{6}},
		{"time", "part: month; part: yearday; part: year", "2024-12-31 00:00:00", []float64{12, 366, 2024}},
		{"time", "part: unix", "1970-01-01T00:01:00Z", []float64{60}},
		{"time", "part: hour, bucket: [6, 18]", "2026-11-23 12:00:00", []float64{0, 1, 0}},
		{"time", "part: minute, missing: -1", "", []float64{-1}},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.kind, "/", test.entries, "/", test.cell), func(t *testing.T) {
			got, err := prepareOne(test.kind, test.entries, test.cell)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.EquateApprox(0, 1e-15)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPrepareRefuses(t *testing.T) {
	tests := []struct{ kind, entries, cell, want string }{
		{"number", "", "", `input "x" is missing`},
		{"number", "", "abc", `input "x": "abc" is not a number`},
		{"number", "", "0x10", `"0x10" is not a number`},
		{"number", "", "1_000", `"1_000" is not a number`},
		{"number", "", "Inf", `input "x": "+Inf" is not finite`},
		{"number", "", "1e999", `"+Inf" is not finite`},
		{"number", "log1p: true", "-1", `input "x": "-1" has no log1p`},
		{"number", "scale: {mean: -1e308, std: 1e-308}", "1", `is not finite`},
		{"boolean", "", "2", `"2" is not a boolean`},
		{"boolean", "", "yes", `"yes" is not a boolean`},
		{"category", "levels: [a]", "b", `input "x": "b" is not among the levels`},
		{"category", "levels: [a]", "", `input "x" is missing`},
		{"category", "levels: [a], unknown: other, missing: error", "", `input "x" is missing`},
		{"category", "hash: 3", "", `input "x" is missing`},
		{"time", "part: hour", "noon", `"noon" is not a time`},
		{"time", "part: hour", "", `input "x" is missing`},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.kind, "/", test.entries, "/", test.cell), func(t *testing.T) {
			_, err := prepareOne(test.kind, test.entries, test.cell)
			wantErrors(t, err, test.want)
		})
	}
}

// A projection may hand over what no CSV cell can be.
func TestPrepareRefusesOddSlots(t *testing.T) {
	b := openTiny(t)
	s := b.NewScorer()
	r := b.plan.newRaw()
	r.clear()
	r.numbers[1] = 3
	_, err := s.Score(r.numbers, r.texts, r.times)
	wantErrors(t, err, `input "member": "3" is neither 0 nor 1`)
	_, err = s.Score(r.numbers[:1], r.texts, r.times)
	wantErrors(t, err, "too short")
}

func TestIndicatorsDoNotStick(t *testing.T) {
	b := openTiny(t)
	p := newPreparer(b.plan)
	r := b.plan.newRaw()
	r.clear()
	r.numbers[1] = 0
	for _, country := range []string{"DE", "FR", "XX", "FR", "DE"} {
		r.texts[0] = []byte(country)
		if err := p.prepare(r.numbers, r.texts, r.times); err != nil {
			t.Fatal(err)
		}
		sum := p.row.X[1] + p.row.X[2] + p.row.X[3]
		if sum != 1 || p.row.X[p.row.Hot[0]] != 1 {
			t.Errorf("%s: %v, hot %v", country, p.row.X, p.row.Hot)
		}
	}
}

func TestIsCanonicalIsNeverWronglySure(t *testing.T) {
	for _, text := range []string{"", "a", "DE", "40%", "1", "0", "-1", "01", "1.0", "true", "False", " a", "a ", "e", "1e5",
		"TRUE", "00", "+1", "１", "\u00a0a", "0 - 20K €", "12345678901234567890123", "-0", ".5", "nan", "t", "tree", "faces"} {
		b := []byte(text)
		var scratch []byte
		want := canonicalSlow(text)
		if isCanonical(b) && want != text {
			t.Errorf("%q is held for canonical, it is %q", text, want)
		}
		if got := string(canonical(b, &scratch)); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
