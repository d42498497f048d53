package drift

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hindsight/drift/alarm"
	"hindsight/schemas"
)

// listening is a rule on silence of 6 h, judged by the hour.
func listening() Config {
	return Config{Model: "fraud", Tick: time.Hour, Horizon: 48 * time.Hour,
		Rules: []alarm.Rule{{Name: "labels-stopped", Feed: alarm.Silent, For: 6 * time.Hour, Hold: time.Hour, Segments: []string{alarm.Everything}}}}
}

func hour(n int) schemas.Instant { return epoch.Add(time.Duration(n) * time.Hour) }

// atHour is the tick of an hour in which a version scores, and in which labels
// of a version come, "" for none.
func atHour(n int, scores, labels string) *schemas.Slice {
	s := &schemas.Slice{Model: "fraud", Partitions: 1, Tick: hour(n)}
	for _, segment := range []string{"", "region=eu"} {
		score := schemas.Cell{Clock: schemas.EventClock, Start: hour(n - 1), Width: time.Hour, Version: scores, Role: "champion", Segment: segment}
		score.Scored = 1
		s.Cells = append(s.Cells, score)
		if labels != "" {
			label := schemas.Cell{Clock: schemas.EventClock, Start: hour(n - 25), Width: time.Hour, Version: labels, Role: "champion", Segment: segment}
			label.Pairs = []schemas.Pair{{Truth: "a", Prediction: "a", N: 1}}
			s.Cells = append(s.Cells, label)
		}
	}
	return s
}

// A new version has no label yet when labels take a day, but those of the old
// one still come: nothing is silent. When none comes any more, the rule fires
// once for each segment, whatever versions there are.
func TestANewVersionIsNoSilence(t *testing.T) {
	w, out := mustWatch(t, listening()), &collector{}
	var log []*schemas.Slice
	for n := 1; n <= 80; n++ {
		scores, labels := "1", "1"
		if n > 10 {
			scores = "2"
		}
		if n > 34 {
			labels = "2"
		}
		if n > 60 {
			labels = ""
		}
		log = append(log, atHour(n, scores, labels))
	}
	feed(t, w, out, log...)
	var told []string
	for _, a := range out.alarms {
		told = append(told, fmt.Sprintf("%v@%v%s%s", a.State, a.At.Sub(epoch).Hours(), a.Segment, a.Version))
		if strings.Contains(a.Text, "@") {
			t.Errorf("%q is about all versions", a.Text)
		}
	}
	want := "ok@1 ok@1region=eu pending@66 pending@66region=eu firing@67 firing@67region=eu"
	if got := strings.Join(told, " "); got != want {
		t.Errorf("told %s, want %s", got, want)
	}
}

// Memories of the time when each version was listened to by itself are withdrawn.
func TestSilenceOfOneVersionIsWithdrawn(t *testing.T) {
	w, out := mustWatch(t, listening()), &collector{}
	for n := 1; n <= 10; n++ {
		mustAdd(t, w, atHour(n, "1", ""), int64(n))
	}
	mustJudge(t, w, out)
	state := w.Memory()
	for i := range state.Alarms {
		state.Alarms[i].Version, state.Alarms[i].Last.Version = "1", "1"
	}
	again, out := mustWatch(t, listening()), &collector{}
	if err := again.Restore(state); err != nil {
		t.Fatal(err)
	}
	feed(t, again, out, atHour(11, "1", "1"))
	states := map[string]int{}
	for _, a := range out.alarms {
		states[a.State.String()+" "+a.Version]++
	}
	if len(out.alarms) != 4 || states["resolved 1"] != 2 || states["ok "] != 2 {
		t.Errorf("told %v", states)
	}
	for _, m := range again.Memory().Alarms {
		if m.Version != "" {
			t.Errorf("%+v is remembered", m)
		}
	}
}
