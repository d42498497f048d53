package scoring

import (
	"strings"
	"testing"
)

const tinyReference = `{"format": 1, "rows": 4,
"inputs": {"amount": {"missing": 1, "edges": [0, 2.5], "counts": [0, 1, 2]}, "country": {"missing": 0, "levels": {"DE": 3}, "other": 1}},
"scores": [{"edges": [0.5], "counts": [1, 3]}]}`

func TestReference(t *testing.T) {
	files := testedFiles()
	files["reference.json"] = tinyReference
	b, err := Open(writeBundle(t, files))
	if err != nil {
		t.Fatal(err)
	}
	tests := b.Describe().Tests
	want := []string{"golden: golden.csv", "performance: performance.csv, accuracy at least 0.75, auc at least 1, log_loss at most 0.6",
		"preparation: 3 cases", "reference distributions of 4 rows"}
	if len(tests) != len(want) {
		t.Fatalf("%q", tests)
	}
	for i := range want {
		if tests[i] != want[i] {
			t.Errorf("%q, want %q", tests[i], want[i])
		}
	}
}

func TestReferenceRefuses(t *testing.T) {
	tests := map[string]struct{ old, new, want string }{
		"another format":   {`"format": 1`, `"format": 2`, "reference.json: format 2 is not known"},
		"an unknown key":   {`"missing": 1`, `"lost": 1`, "unknown field"},
		"lost rows":        {`"DE": 3`, `"DE": 2`, "inputs.country: counts sum to 3, not to the 4 rows"},
		"a negative count": {"[1, 3]", "[-1, 5]", "scores[0]: a count of -1"},
		"too many counts":  {"[1, 3]", "[1, 1, 2]", "3 counts do not fit 1 edges"},
		"edges":            {"[0, 2.5]", "[3, 2.5]", "inputs.amount: edges are not in ascending order"},
		"a second object":  {`"rows": 4,`, `"rows": 4} {`, "something follows"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			files := tinyFiles()
			files["reference.json"] = strings.Replace(tinyReference, test.old, test.new, 1)
			_, err := Open(writeBundle(t, files))
			wantErrors(t, err, test.want)
		})
	}
}
