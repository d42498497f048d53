package drift

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"hindsight/schemas"
)

// A score without a label is counted where that was decided; when its label
// comes within grace, it moves to the time of the label. The window it left is
// told to be empty, once and when it is final; one that never held anything is not told.
func TestAnEmptiedWindowIsCorrected(t *testing.T) {
	w, out := mustWatch(t, Config{Model: "m", Tick: time.Minute, Horizon: 10 * time.Minute, Grace: 20 * time.Minute, Publish: time.Minute,
		Metrics: []string{"accuracy", "coverage"},
		Windows: []WindowSpec{{Name: "ten", Size: 10 * time.Minute, Clock: schemas.LabelClock}}}), &collector{}
	at := func(minute int, scored, unlabelled, right int64) schemas.Cell {
		c := schemas.Cell{Clock: schemas.LabelClock, Start: epoch.Add(time.Duration(minute) * time.Minute), Width: time.Minute, Version: "1", Role: "champion"}
		c.Scored, c.Unlabelled = scored, unlabelled
		if right != 0 {
			c.Pairs = []schemas.Pair{{Truth: "a", Prediction: "a", N: right}}
		}
		return c
	}
	feed(t, w, out,
		tick(0, 1, 3, at(2, 1, 1, 0)),
		tick(0, 1, 14, at(2, -1, -1, 0), at(13, 1, 0, 1)),
		tick(0, 1, 16, at(22, 1, 1, 0), at(22, -1, -1, 0)),
		tick(0, 1, 99))
	var told []string
	for _, x := range out.windows {
		told = append(told, fmt.Sprintf("%v: %d rev %d scored %d unlabelled %d %v %s", x.At.Sub(epoch), x.Start.Sub(epoch)/time.Minute, x.Revision, x.Scored, x.Unlabelled, x.State, x.Metrics[0].Undefined))
	}
	want := []string{
		"3m0s: 0 rev 1 scored 1 unlabelled 1 provisional empty",
		"14m0s: 0 rev 2 scored 0 unlabelled 0 provisional empty",
		"14m0s: 10 rev 1 scored 1 unlabelled 0 provisional ",
		"40m0s: 0 rev 3 scored 0 unlabelled 0 final empty",
		"50m0s: 10 rev 2 scored 1 unlabelled 0 final ",
	}
	if !slices.Equal(told, want) {
		t.Errorf("told\n%q\nwant\n%q", told, want)
	}
}
