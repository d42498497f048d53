package telemetry

import "testing"

func TestAWindowOfFewLabelsDoesNotReplaceOneOfMany(t *testing.T) {
	old, few, many := windowEntry{10, 1, true}, windowEntry{20, 1, false}, windowEntry{20, 5, true}
	for _, c := range []struct {
		name       string
		this, last windowEntry
		want       bool
	}{
		{"newer, few labels", few, old, false},
		{"newer, enough labels", many, old, true},
		{"the same window, revised", many, few, true},
		{"an older revision", few, many, false},
		{"older, but enough where the newer has few", old, few, true},
		{"neither has enough: the newer", few, windowEntry{10, 9, false}, true},
	} {
		if got := c.this.replaces(c.last); got != c.want {
			t.Errorf("%s: replaces is %v, want %v", c.name, got, c.want)
		}
	}
}
