package scenario

import (
	"strings"
	"testing"
)

// A misspelt keyword is read as one more value, and so are the words after it.
func TestTooManyValues(t *testing.T) {
	tests := map[string]string{ // what is wrong with a line; "": nothing
		"label a2 1 at 01:00":                            "",
		"label a2 1 wieght 2 at 01:00":                   `"wieght"`,
		"label a2 1 0 at 01:00":                          "2 truths",
		"label a2 1x2 at 01:00":                          "2 truths",
		"2 labels a* 1 0 at 01:00 weight 1 2":            "",
		"2 labels a* 1 0 1 at 01:00":                     "3 truths",
		"2 labels a* 1 at 01:00 weight 1 2 3":            "3 weights",
		"label a2 1 at 01:00 weight 2 evry":              `"evry" is no weight`,
		"label a2 1 weight 2 at 01:00 weight 3":          "weight is there twice",
		"score a 0.5 at 00:00":                           "",
		"score a 0.5 0.6 at 00:00":                       "2 values",
		"score a 0.5 predicts 0 1 at 00:00":              "2 classes",
		"2 scores a* 0.5 0.6 predicts 0 1 at 00:00":      "",
		"2 scores a* 0.5x3 at 00:00":                     "3 values",
		"100 scores a* 0.9x85 0.2x15 at 00:00 every 30s": "",
	}
	for line, want := range tests {
		t.Run(line, func(t *testing.T) {
			_, err := Parse("x", []byte("labels: {horizon: 1d, weight: w}\n---\n"+line+"\n"), t.TempDir(), nil)
			switch {
			case want == "" && err != nil:
				t.Error(err)
			case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("error %v, want %q", err, want)
			}
		})
	}
}
