package drift

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hindsight/drift/alarm"
	"hindsight/schemas"
)

// feed judges each slice by itself.
func feed(t *testing.T, w *Watch, out Emitter, slices ...*schemas.Slice) {
	t.Helper()
	for i, s := range slices {
		mustAdd(t, w, s, int64(i))
		mustJudge(t, w, out)
	}
}

func TestWhenAWindowIsPublished(t *testing.T) {
	story := []*schemas.Slice{
		tick(0, 1, 2, scored(1, 4, 1, 0)),
		tick(0, 1, 4, scored(3, 2, 2, 0)),
		tick(0, 1, 13, scored(12, 0, 0, 0)), // nothing scored
		tick(0, 1, 17, scored(1, 0, 0, 1)),
		tick(0, 1, 25, scored(2, 0, 1, 0)),
		tick(0, 1, 26, scored(2, 0, 1, 0)), // late
		tick(0, 1, 99),
	}
	tests := []struct {
		publish time.Duration
		want    []string
	}{
		{0, []string{"2 rev 1 n 1 of 4", "4 rev 2 n 3 of 6", "17 rev 3 n 4 of 6", "25 rev 4 n 5 of 6 final"}}, // a 24th of ten minutes is less than a tick
		{10 * time.Minute, []string{"10 rev 1 n 3 of 6", "20 rev 2 n 4 of 6", "25 rev 3 n 5 of 6 final"}},
		// Multiples of seven minutes since 1970 lie one minute after those of this day.
		{7 * time.Minute, []string{"8 rev 1 n 3 of 6", "22 rev 2 n 4 of 6", "25 rev 3 n 5 of 6 final"}},
		{time.Minute, []string{"2 rev 1 n 1 of 4", "4 rev 2 n 3 of 6", "17 rev 3 n 4 of 6", "25 rev 4 n 5 of 6 final"}},
		{time.Hour, []string{"10 rev 1 n 3 of 6", "25 rev 2 n 5 of 6 final"}},
	}
	for _, test := range tests {
		t.Run(test.publish.String(), func(t *testing.T) {
			config := tumbling()
			config.Publish = test.publish
			w, out := mustWatch(t, config), &collector{}
			feed(t, w, out, story...)
			var got []string
			for _, win := range out.windows {
				line := fmt.Sprintf("%d rev %d n %d of %d", win.At.Sub(epoch)/time.Minute, win.Revision, win.Labelled, win.Scored)
				if win.State == schemas.Final {
					line += " final"
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if lost := w.Lost(); lost[0] != (Lost{Window: "ten", Late: 1}) {
				t.Errorf("lost %+v", lost)
			}
		})
	}
}

func TestWhatIsInNoWindow(t *testing.T) {
	config := tumbling()
	config.Windows = append(config.Windows, WindowSpec{Name: "hour", Size: time.Hour, Slide: 20 * time.Minute, Clock: schemas.EventClock})
	w, out := mustWatch(t, config), &collector{}
	segment, wide := scored(3, 5, 1, 0), scored(0, 1, 1, 0)
	segment.Segment = "region=eu"
	wide.Width = 20 * time.Minute
	feed(t, w, out,
		tick(0, 1, 5, scored(3, 1, 1, 0)),
		tick(0, 1, 30, scored(3, 5, 1, 0), segment, wide),
		tick(0, 1, 200))
	want := []Lost{{Window: "ten", Late: 2, Scores: 5, Misfit: 1}, {Window: "hour"}}
	if diff := cmp.Diff(want, w.Lost()); diff != "" {
		t.Error(diff)
	}
}

func TestHistogramsOnlyWhereNeeded(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Config)
		want   bool
	}{
		{"accuracy", func(*Config) {}, false},
		{"a metric", func(c *Config) { c.Metrics = append(c.Metrics, "auc") }, true},
		{"a rule", func(c *Config) {
			c.Rules = []alarm.Rule{{Name: "r", Metric: "auc", Window: "ten", Below: at(0.5), Confidence: 0.9}}
		}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := tumbling()
			test.change(&config)
			if got := mustWatch(t, config).calendars[0].histogram; got != test.want {
				t.Errorf("histogram %v, want %v", got, test.want)
			}
		})
	}
}

func TestAlarmOfARuleThatIsGoneIsWithdrawn(t *testing.T) {
	config := tumbling()
	config.Rules = []alarm.Rule{
		{Name: "kept", Metric: "accuracy", Window: "ten", Below: at(0.9), Confidence: 0.9},
		{Name: "dropped", Metric: "accuracy", Window: "ten", Below: at(0.9), Confidence: 0.9},
	}
	w, out := mustWatch(t, config), &collector{}
	log := []*schemas.Slice{tick(0, 1, 5, scored(3, 50, 10, 40)), tick(0, 1, 11)}
	feed(t, w, out, log...)
	if len(out.alarms) != 2 || out.alarms[1].State != schemas.Firing {
		t.Fatalf("alarms %+v", out.alarms)
	}
	state := w.Memory()
	config.Rules = config.Rules[:1]
	w, out = mustWatch(t, config), &collector{}
	feed(t, w, discard{}, log...)
	if err := w.Restore(state); err != nil {
		t.Fatal(err)
	}
	feed(t, w, out, tick(0, 1, 14))
	if len(out.alarms) != 1 || out.alarms[0].Name != "dropped" || !isWithdrawn(out.alarms[0]) || out.alarms[0].At != minute(12) {
		t.Errorf("alarms %+v", out.alarms)
	}
	if memory := w.Memory(); len(memory.Alarms) != 1 || memory.Alarms[0].State != schemas.Firing {
		t.Errorf("memory %+v", memory.Alarms)
	}
}

func TestRestoreRefuses(t *testing.T) {
	w := mustWatch(t, tumbling())
	feed(t, w, discard{}, tick(0, 1, 5), tick(0, 1, 9))
	for _, test := range []struct {
		state schemas.WatchState
		want  string
	}{
		{schemas.WatchState{Model: "n", Judged: minute(9)}, `model "n"`},
		{schemas.WatchState{Model: "m", Judged: minute(8)}, "replay only what was committed"},
	} {
		if err := w.Restore(test.state); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v does not say %q", err, test.want)
		}
	}
}

type broken struct{ collector }

var errBroken = errors.New("no disk")

func (*broken) Window(*schemas.Window) error { return errBroken }

func TestErrorOfTheEmitter(t *testing.T) {
	w := mustWatch(t, tumbling())
	mustAdd(t, w, tick(0, 1, 20, scored(3, 1, 1, 0)), 0)
	if err := w.Judge(&broken{}); !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "2026-11-23T00:") {
		t.Errorf("error %v", err)
	}
}

// A long silence is passed in one step and loses no end of a window.
func TestSilenceIsPassedInOneStep(t *testing.T) {
	config := tumbling()
	config.Publish = 10 * time.Minute
	w, out := mustWatch(t, config), &collector{}
	mustAdd(t, w, tick(0, 1, 5, scored(3, 1, 1, 0)), 0)
	century := schemas.Slice{Model: "m", Partitions: 1, Tick: epoch.Add(100 * 365 * 24 * time.Hour)}
	mustAdd(t, w, &century, 1)
	visited := 0
	bound := w.intake.closed()
	for now := w.next(); now <= bound; now = w.next() {
		if err := w.judge(now, out); err != nil {
			t.Fatal(err)
		}
		if visited++; visited > 5 {
			t.Fatal("instants at which nothing changes are visited")
		}
	}
	ats := []schemas.Instant{}
	for _, win := range out.windows {
		ats = append(ats, win.At)
	}
	if want := []schemas.Instant{minute(10), minute(25)}; !slices.Equal(ats, want) {
		t.Errorf("published at %v, want %v", ats, want)
	}
}

// Versions come and go; what is over must not stay in memory.
func TestNothingIsKeptForEver(t *testing.T) {
	config := tumbling()
	config.Metrics = append(config.Metrics, "auc")
	config.Windows = append(config.Windows, WindowSpec{Name: "hour", Size: time.Hour, Slide: 20 * time.Minute, Clock: schemas.EventClock})
	config.Rules = []alarm.Rule{
		{Name: "low", Metric: "accuracy", Window: "ten", Below: at(0.5), Confidence: 0.9},
		{Name: "wide", Metric: "accuracy", Window: "hour", Segments: []string{alarm.Everything}, Below: at(0.5), Confidence: 0.9},
	}
	w, out := mustWatch(t, config), &collector{}
	for n := range 500 {
		cell := scored(n, 2, 2, 0)
		cell.Version = fmt.Sprint(n / 50)
		feed(t, w, out, tick(0, 1, n+1, cell))
	}
	if live := w.Live(); live == 0 || live > 20 {
		t.Errorf("%d windows are live", live)
	}
	feed(t, w, out, tick(0, 1, 1000))
	if w.Live() != 0 || len(w.Memory().Alarms) != 0 {
		t.Errorf("%d windows and alarms %+v are left", w.Live(), w.Memory().Alarms)
	}
	for _, c := range w.calendars {
		if len(c.tracks)+len(c.frames)+len(c.dirty)+len(c.awake) != 0 {
			t.Errorf("window %s keeps %d tracks, %d frames, %d dirty, %d awake", c.spec.Name, len(c.tracks), len(c.frames), len(c.dirty), len(c.awake))
		}
	}
	for _, a := range out.alarms {
		if a.State != schemas.OK && a.State != schemas.Unknown {
			t.Errorf("alarm %+v", a)
		}
	}
}

// Sums are kept for the windows that rules read, and for no others.
func TestSumsAreKeptWhereTheyAreRead(t *testing.T) {
	config := tumbling()
	config.Windows = []WindowSpec{{Name: "hour", Size: time.Hour, Slide: time.Minute, Clock: schemas.EventClock}}
	config.Rules = []alarm.Rule{{Name: "low", Metric: "accuracy", Window: "hour", Below: at(0.5), Confidence: 0.9}}
	w := mustWatch(t, config)
	for n := range 300 {
		feed(t, w, discard{}, tick(0, 1, n+1, scored(n, 2, 2, 0)))
	}
	c := w.calendars[0]
	track := c.tracks[trackKey{"1", ""}]
	kept := 0
	for _, win := range track.windows {
		if win.sums != nil {
			kept++
		}
	}
	if kept > 3 || len(track.hot) != 1 || track.hot[0].sums == nil || len(track.windows) < 70 || len(track.panes) > 77 {
		t.Errorf("%d of %d windows keep sums, %d are hot, %d panes", kept, len(track.windows), len(track.hot), len(track.panes))
	}
}

// A hold goes on over a restart, though it began in a window that is not folded again.
func TestHoldOutlivesARestart(t *testing.T) {
	config := tumbling()
	config.Rules = []alarm.Rule{{Name: "low", Metric: "accuracy", Window: "ten", Below: at(0.5), Confidence: 0.9, Hold: 50 * time.Minute}}
	var log []schemas.Slice
	for _, n := range []int{5, 15, 25, 35} {
		log = append(log, *tick(0, 1, n, scored(n-1, 40, 4, 36)))
	}
	log = append(log, *tick(0, 1, 46))
	w := mustWatch(t, config)
	for offset := range log {
		mustAdd(t, w, &log[offset], int64(offset))
	}
	mustJudge(t, w, discard{})
	if w.Floor() != 1 {
		t.Fatalf("floor %d: the hold began in a window that is still there", w.Floor())
	}
	w, out := restarted(t, config, w, log, func() bool { return true }), &collector{}
	mustAdd(t, w, tick(0, 1, 62), 5)
	mustJudge(t, w, out)
	if len(out.alarms) != 1 || out.alarms[0].State != schemas.Firing || out.alarms[0].At != minute(60) || out.alarms[0].Since != minute(10) {
		t.Errorf("alarms %+v", out.alarms)
	}
}
