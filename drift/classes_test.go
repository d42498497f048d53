package drift

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"hindsight/schemas"
)

// freeText is cells of a model whose labels are what people type: each truth
// once a day, and the classes "a" and "b" often.
func freeText(truths, days int) []schemas.Cell {
	var cells []schemas.Cell
	for day := range days {
		for i := range truths + 40 {
			truth := fmt.Sprintf("text %d of day %d", i, day%3)
			if i >= truths {
				truth = []string{"a", "b"}[i%2]
			}
			cell := schemas.Cell{Start: onDay(day), Width: aDay}
			cell.Scored = 1
			cell.Delays = []schemas.Delay{{Truth: truth, Bin: schemas.DelayBin(time.Duration(i%90) * time.Hour), N: 1}}
			cells = append(cells, cell)
		}
	}
	return cells
}

// However many truths there are, some classes are learnt, the same ones in
// whatever order they came, and all truths count in the curve of the whole.
func TestFreeTextIsNotLearntByTheClass(t *testing.T) {
	config := Config{Horizon: 6 * aDay, Tick: aDay, Windows: []WindowSpec{{Name: "day", Size: aDay}}}
	const truths, days = 300, 15
	cells, now := freeText(truths, days), onDay(days)
	var first *curve
	for try := range uint64(3) {
		random(7, try).Shuffle(len(cells), func(i, j int) { cells[i], cells[j] = cells[j], cells[i] })
		c := newCohorts(&config)
		for i := range cells {
			c.add(&cells[i], now, 0)
		}
		for _, h := range c.all {
			if n := len(h.segments[""].classes); n != mostClasses {
				t.Fatalf("%d classes of their own on %v", n, h.start)
			}
		}
		k := c.of("", now)
		if first == nil {
			first = k
		}
		if !reflect.DeepEqual(k, first) {
			t.Error("the order in which truths came shows")
		}
	}
	if first.labels < (truths+40)*5 || len(first.classes) != mostClasses {
		t.Fatalf("%d labels of %d classes", first.labels, len(first.classes))
	}

	w := world{config: config}
	d := newDull(&w)
	for _, cell := range cells {
		d.cells = append(d.cells, dullCell{now, cell})
	}
	kept := d.classes("", now)
	if kept[0] != "a" || kept[1] != "b" {
		t.Fatalf("classes %q", kept)
	}
	for i, class := range first.classes {
		want := d.curve("", true, kept[i], schemas.Forever, now)
		if class.truth != kept[i] || class.labels != want.labels || (first.class(class.truth) == nil) != (want.labels < classLabels) {
			t.Errorf("class %q has %d labels, want %q with %d", class.truth, class.labels, kept[i], want.labels)
		}
		if class.labels >= classLabels && !slices.EqualFunc(class.at, want.at, func(x, y float64) bool { return rounded(x) == rounded(y) }) {
			t.Errorf("class %q: curve %v, want %v", class.truth, class.at, want.at)
		}
	}
	if first.class("a") == nil || first.class("") != nil || first.class("text 99 of day 2") != nil {
		t.Error("a class is learnt that is not, or not learnt that is")
	}
	if whole := d.curve("", false, "", schemas.Forever, now); whole.labels != first.labels {
		t.Errorf("%d labels of the whole, want %d", first.labels, whole.labels)
	}
}
