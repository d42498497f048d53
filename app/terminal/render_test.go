package terminal_test

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"hindsight/app/terminal"
	"hindsight/dashboard"
	"hindsight/dashboard/dashboardtest"
	"hindsight/schemas"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

var morning = schemas.InstantOf(time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC))

// story is a fall below the bound, with one window that has no labels and the
// last three provisional. All its figures are thousandths, equal everywhere.
func story() dashboard.Snapshot {
	thousandths := []int{880, 884, 878, 882, 876, 870, -1, 868, 860, 850, 838, 820, 802, 785, 770, 760, 752, 748, 750, 745}
	s := dashboard.Snapshot{
		Title: "hindsight demo", Model: "elec", Version: "1", StreamTime: morning.Add(20 * time.Hour),
		WallSeconds: 61, Speed: 3600, Ready: true,
		Events: 24012, Scores: 24000, DeadLetters: 12, LabelsRead: 21530,
		Labels:   map[string]int64{"used": 21500, "duplicate": 20, "waiting": 10},
		Outcomes: map[string]int64{"matched": 21500, "pending": 2500},
		Rules:    []dashboard.Rule{{Name: "accuracy-low", Metric: "accuracy", Window: "hour", Bound: 0.8, Below: true, Clear: 0.82}},
	}
	for i, v := range thousandths {
		w := schemas.Window{Name: "hour", Version: "1", Clock: schemas.LabelClock, State: schemas.Final, At: s.StreamTime,
			Start: morning.Add(time.Duration(i) * time.Hour), End: morning.Add(time.Duration(i+1) * time.Hour),
			Scored: 1200, Labelled: 1170, Coverage: 0.975}
		m := schemas.Metric{Name: "accuracy", Value: float64(v) / 1000, Low: float64(v-22) / 1000, High: float64(v+22) / 1000, N: 1170}
		if v < 0 {
			m = schemas.Metric{Name: "accuracy", Undefined: "empty"}
			w.Labelled, w.Coverage = 0, 0
		}
		if i >= len(thousandths)-3 {
			w.State, w.Labelled, w.Coverage = schemas.Provisional, 700, 0.583
		}
		w.Metrics = []schemas.Metric{m}
		s.Windows = append(s.Windows, w)
	}
	at := func(hour int) schemas.Instant { return morning.Add(time.Duration(hour) * time.Hour) }
	a := schemas.Alarm{ID: "1", Name: "accuracy-low", Version: "1", Window: "hour", Metric: "accuracy", Since: at(15), Bound: 0.8}
	pending, firing := a, a
	pending.State, pending.At, pending.Text = schemas.Pending, at(15), "accuracy-low PENDING: accuracy of hour is 0.770 [0.748, 0.792]"
	firing.State, firing.At, firing.Value, firing.Low, firing.High, firing.N = schemas.Firing, at(17), 0.752, 0.730, 0.774, 1170
	s.Alarms = []schemas.Alarm{pending, firing}
	return s
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-rewrite writes it anew):\n%s", name, diff)
	}
}

func TestRenderGolden(t *testing.T) {
	done := story()
	done.Done = true
	stalled := story()
	stalled.Stalled = "labels/1"
	tests := []struct {
		file string
		s    dashboard.Snapshot
		look terminal.Look
	}{
		{"80x24.txt", story(), terminal.Look{Width: 80, Height: 24}},
		{"120x30-done.txt", done, terminal.Look{Width: 120, Height: 30}},
		{"40x10-stalled.txt", stalled, terminal.Look{Width: 40, Height: 10}},
		{"80x24-color.txt", story(), terminal.Look{Width: 80, Height: 24, Color: true}},
		{"empty.txt", dashboard.Snapshot{StreamTime: schemas.Beginning, ReadyReason: "starting"}, terminal.Look{Width: 80, Height: 24}},
	}
	for _, test := range tests {
		golden(t, test.file, terminal.Render(test.s, test.look))
	}
}

func TestLines(t *testing.T) {
	s := story()
	got := terminal.Line(s) + "\n"
	for _, a := range s.Alarms {
		got += terminal.AlarmLine(a) + "\n"
	}
	got += terminal.Line(dashboard.Snapshot{StreamTime: schemas.Beginning, Stalled: "labels/1"}) + "\n"
	golden(t, "lines.txt", got)
}

// TestRenderFits draws hostile and odd snapshots at many sizes.
func TestRenderFits(t *testing.T) {
	odd := dashboardtest.Elec(90)
	odd.Title = dashboardtest.Hostile + "日本語\xff\x9b2J"
	odd.Stalled = "\x1b]0;owned\a"
	odd.Windows[40].Metrics[0].Value = math.NaN()
	odd.Windows[41].Metrics[0].High = math.Inf(1)
	odd.Windows[42].Metrics[0].Low = math.Inf(-1)
	odd.Alarms[0].Text = "a\nb\r\x1b[2J\u202e"
	one := dashboardtest.Elec(1)
	undefined := dashboardtest.Elec(30)
	for i := range undefined.Windows {
		undefined.Windows[i].Metrics = nil
	}
	for _, s := range []dashboard.Snapshot{odd, one, undefined, story(), {}, {StreamTime: schemas.Forever}} {
		for _, size := range [][2]int{{0, 0}, {20, 5}, {27, 9}, {40, 14}, {80, 24}, {81, 25}, {200, 60}} {
			width, height := max(size[0], 20), max(size[1], 5)
			screen := terminal.Render(s, terminal.Look{Width: size[0], Height: size[1]})
			rows := strings.Split(strings.TrimSuffix(screen, "\n"), "\n")
			if len(rows) > height {
				t.Errorf("%v: %d rows", size, len(rows))
			}
			for _, r := range rows {
				if n := utf8.RuneCountInString(r); n > width || !utf8.ValidString(r) {
					t.Errorf("%v: %d cells: %q", size, n, r)
				}
				if i := strings.IndexFunc(r, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
					t.Errorf("%v: what is not printed reached the terminal: %q", size, r)
				}
			}
		}
	}
	if line := terminal.Line(odd); strings.ContainsAny(line, "\x1b\n\r\a") {
		t.Errorf("a control character reached a line: %q", line)
	}
	if line := terminal.AlarmLine(odd.Alarms[0]); strings.ContainsAny(line, "\x1b\n\r\u202e") {
		t.Errorf("a control character reached a line: %q", line)
	}
}
