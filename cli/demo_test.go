package cli

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hindsight/app"
)

// demoReport runs the demo as a user does and returns its report, without the timing.
func demoReport(t *testing.T, more ...string) (*app.Report, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.json")
	var out, errs bytes.Buffer
	args := append([]string{"demo", "--speed", "max", "--exit", "--http", "127.0.0.1:0", "--report", file}, more...)
	if code := Main(t.Context(), args, nil, &out, &errs); code != 0 {
		t.Fatalf("exit code %d\n%s\n%s", code, out.String(), errs.String())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r app.Report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	r.Timing = app.Timing{}
	bare, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return &r, string(bare)
}

func TestDemo(t *testing.T) {
	r, text := demoReport(t)
	o := newOutside(t, outsideLogistic)
	t.Run("the sums add up", func(t *testing.T) { checkSums(t, r, o) })
	t.Run("every final window is as computed outside", func(t *testing.T) { checkWindows(t, r, o) })
	t.Run("the alarm is right", func(t *testing.T) { checkAlarms(t, r, "car-loan@1", 0.86) })
	t.Run("the same seed gives the same report", func(t *testing.T) {
		if _, again := demoReport(t); again != text {
			t.Error("two runs with the same seed report differently")
		}
	})
}

// The demo with a model of LightGBM ends as LightGBM's own predictions say.
func TestDemoWithLightGBM(t *testing.T) {
	r, _ := demoReport(t, "--bundle", "car-loan@2")
	o := newOutside(t, outsideLightGBM)
	checkSums(t, r, o)
	checkWindows(t, r, o)
	checkAlarms(t, r, "car-loan@2", 0.92)
}

func TestDemoRefusesBundles(t *testing.T) {
	for name, want := range map[string]string{
		"car-loan@3": "the demo's own bundles are car-loan@1, car-loan@2",
		t.TempDir():  "bundle.yaml",
	} {
		var out, errs bytes.Buffer
		if code := Main(t.Context(), []string{"demo", "--bundle", name, "--export", t.TempDir()}, nil, &out, &errs); code == 0 || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: exit code %d, %s; want %q", name, code, errs.String(), want)
		}
	}
}

// What --dir names is not made in a bundle either.
func TestDemoRefusesADirInItsBundle(t *testing.T) {
	t.Chdir(t.TempDir())
	var out, errs bytes.Buffer
	code := Main(t.Context(), []string{"demo", "--bundle", ".", "--dir", "out"}, nil, &out, &errs)
	if left, err := os.ReadDir("."); code == 0 || !strings.Contains(errs.String(), "copied into itself") || err != nil || len(left) > 0 {
		t.Errorf("exit code %d, %s; left %v, %v", code, errs.String(), left, err)
	}
}

func sum(m map[string]int64) (n int64) {
	for _, v := range m {
		n += v
	}
	return n
}

func checkSums(t *testing.T, r *app.Report, o *outside) {
	t.Helper()
	if r.Events != 100_000 || r.Scores+r.DeadLetters != r.Events {
		t.Errorf("%d events became %d scores and %d dead letters", r.Events, r.Scores, r.DeadLetters)
	}
	if n := sum(r.Outcomes); n != r.Scores {
		t.Errorf("%d scores have %d outcomes: %v", r.Scores, n, r.Outcomes)
	}
	if n, want := sum(r.Labels), int64(len(o.labels)); n != want {
		t.Errorf("%d labels have %d fates: %v", want, n, r.Labels)
	}
	for _, bucket := range []string{"used", "duplicate", "revision", "orphan", "too_late"} {
		if r.Labels[bucket] == 0 {
			t.Errorf("no label is in the bucket %s: the demo does not show it", bucket)
		}
	}
}

func checkWindows(t *testing.T, r *app.Report, o *outside) {
	t.Helper()
	final := 0
	for _, w := range r.Windows {
		if w.Window != "month" || w.State.String() != "final" {
			continue
		}
		final++
		scored, labelled, right := o.window(w.Start, w.End, w.Segment)
		m := w.Metrics["accuracy"]
		if w.Scored != scored || w.N != labelled || m.N != labelled || math.Abs(m.Value-right/float64(labelled)) > 1e-12 {
			t.Errorf("window %v %q: scored %d, n %d, accuracy %v; outside: %d, %d, %v", w.Start, w.Segment, w.Scored, w.N, m.Value, scored, labelled, right/float64(labelled))
		}
		if !(m.Low <= m.Value && m.Value <= m.High && m.Low < m.High) {
			t.Errorf("window %v: accuracy %v is not inside [%v, %v]", w.Start, m.Value, m.Low, m.High)
		}
	}
	if final < 3000 {
		t.Errorf("only %d windows are final", final)
	}
}

// The accuracy falls on 2019-03-31: the alarm must fire for that, and not before.
func checkAlarms(t *testing.T, r *app.Report, ref string, bound float64) {
	t.Helper()
	dip := time.Date(2019, 3, 31, 0, 0, 0, 0, time.UTC)
	fired := false
	for _, a := range r.Alarms {
		if a.State.String() != "firing" && a.State.String() != "pending" {
			continue
		}
		if a.At.Before(dip) {
			t.Errorf("alarm before the accuracy fell: %s", a.Text)
		}
		if a.State.String() == "firing" {
			fired = fired || a.At.Before(dip.AddDate(0, 0, 60))
			if a.Bound != bound || a.High >= a.Bound || !strings.Contains(a.Text, ref) {
				t.Errorf("it fires although its interval reaches %v, bound %v: %s", a.High, a.Bound, a.Text)
			}
		}
	}
	if !fired {
		t.Error("no alarm within 60 days of the fall")
	}
}
