package lightgbm

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"hindsight/scoring/model"
)

// stump is the least model with a node of each kind: numbers on a, a category on b.
const stump = `tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=1
objective=binary sigmoid:1
feature_names=a b
feature_infos=[0:1] 0:1:2
tree_sizes=400

Tree=0
num_leaves=3
num_cat=1
split_feature=0 1
split_gain=1 1
threshold=0.5 0
decision_type=8 1
left_child=-1 -2
right_child=1 -3
leaf_value=1 2 3
cat_boundaries=0 1
cat_threshold=5
is_linear=0
shrinkage=1


end of trees

parameters:
[boosting: gbdt]
end of parameters

pandas_categorical:null
`

func edited(from, to string) []byte { return []byte(strings.Replace(stump, from, to, 1)) }

func raw(m *Model, x ...float64) float64 {
	sums, out := make([]float64, m.Outputs()), make([]float64, m.Outputs())
	m.Reference().Evaluate(sums, out, model.Row{X: x})
	return sums[0]
}

func TestStump(t *testing.T) {
	m, err := Parse([]byte(strings.ReplaceAll(stump, "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	nan := math.NaN()
	for _, test := range []struct{ a, b, want float64 }{
		{0.5, 0, 1}, {math.Nextafter(0.5, 1), 0, 2}, {1, 1, 3}, {1, 2, 2}, {1, 2.9, 2}, {1, 3, 3}, {1, -0.5, 2}, {1, -1, 3}, {1, nan, 3},
		{nan, 0, 2}, {nan, nan, 3}, {math.Inf(1), math.Inf(1), 3}, {math.Inf(-1), 0, 1}, {1, 1 << 31, 3}, {1, 1 << 32, 3},
	} {
		if got := raw(m, test.a, test.b); got != test.want {
			t.Errorf("a %v, b %v: %v, want %v", test.a, test.b, got, test.want)
		}
	}
}

func TestMissing(t *testing.T) {
	nan := math.NaN()
	tests := map[string]struct {
		bits, threshold       string
		onNaN, onZero, onTiny float64 // leaf 1 is left
	}{
		"none, 0 is left":          {"0", "0.5", 1, 1, 1},
		"none, 0 is right":         {"2", "-0.5", 2, 2, 2},
		"zero, default right":      {"4", "0.5", 2, 2, 2},
		"zero, default left":       {"6", "-0.5", 1, 1, 1},
		"NaN, default right":       {"8", "0.5", 2, 1, 1},
		"NaN, default left":        {"10", "-0.5", 1, 2, 2},
		"NaN, between 0 and 1e-35": {"8", "5e-36", 2, 1, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(string(edited("decision_type=8", "decision_type="+test.bits)), "threshold=0.5", "threshold="+test.threshold, 1)
			text = strings.NewReplacer("leaf_value=1 2 3", "leaf_value=1 2 2").Replace(text)
			m, err := Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			for x, want := range map[float64]float64{0: test.onZero, math.Copysign(0, -1): test.onZero, 1e-35: test.onTiny, -1e-36: test.onTiny} {
				if got := raw(m, x, 0); got != want {
					t.Errorf("%v: %v, want %v", x, got, want)
				}
			}
			if got := raw(m, nan, 0); got != test.onNaN {
				t.Errorf("NaN: %v, want %v", got, test.onNaN)
			}
		})
	}
}

// Everything that a file can have wrong is refused with the place.
func TestParseRefuses(t *testing.T) {
	tests := map[string]struct{ from, to, want string }{
		"nothing":            {stump, "", `"end of trees" is missing`},
		"cut off":            {stump[strings.Index(stump, "\n\nend"):], "", `"end of trees" is missing`},
		"another model":      {"tree\n", "linear\n", `does not begin with "tree"`},
		"version":            {"=v4", "=v5", `version "v5" is not supported`},
		"objective":          {"=binary", "=auc_mu", `objective "auc_mu" is not supported`},
		"objective's word":   {"sigmoid:1", "sigmod:1", `"sigmod:1" is not known`},
		"slope":              {"sigmoid:1", "sigmoid:-1", `"sigmoid:-1" is not positive`},
		"classes":            {"=binary sigmoid:1", "=multiclass num_class:3", "is about 3 outputs, the trees have 1"},
		"many classes":       {"num_class=1", "num_class=100000000", "num_class"},
		"outputs":            {"iteration=1", "iteration=3", "num_tree_per_iteration is 3 for 1 classes"},
		"no objective":       {"num_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\nobjective=binary sigmoid:1", "num_class=1\nnum_class=1", "num_class is there twice"},
		"names":              {"=a b", "=a", "feature_names has 1 names, max_feature_idx wants 2"},
		"features":           {"idx=1", "idx=900000000", "max_feature_idx"},
		"tree out of order":  {"Tree=0", "Tree=1", `"Tree=1" stands where "Tree=0" has to`},
		"a bomb of trees":    {"Tree=0", treeHeads(1 << 19), "has more than the 262144 trees allowed"},
		"leaves":             {"leaves=3", "leaves=1000000000", "tree 0: num_leaves"},
		"more leaves":        {"leaves=3", "leaves=4", "leaf_value has 3 entries, wants 4"},
		"short array":        {"left_child=-1 -2", "left_child=-1", "left_child has 1 entries, wants 2"},
		"no array":           {"left_child=-1 -2\n", "", "left_child is missing"},
		"not a number":       {"=0.5 0", "=0.5 x", `threshold: entry 1, "x", is not a number`},
		"NaN threshold":      {"=0.5 0", "=nan 0", "node 0 has the threshold NaN"},
		"infinite leaf":      {"=1 2 3", "=1 inf 3", "leaf 1 is +Inf, not finite"},
		"feature":            {"feature=0 1", "feature=900000000 1", "node 0 splits feature 900000000 of 2"},
		"negative feature":   {"feature=0 1", "feature=-1 1", "node 0 splits feature -1 of 2"},
		"cycle":              {"right_child=1 -3", "right_child=1 0", "node 1 leads to node 0, which has a parent already or is the root"},
		"two parents":        {"left_child=-1 -2", "left_child=1 -2", "node 1, which has a parent already"},
		"leaf twice":         {"left_child=-1 -2", "left_child=-1 -3", "leaf 2, which has a parent already"},
		"child out of range": {"right_child=1", "right_child=7", "node 0 leads to node 7 of 2"},
		"leaf out of range":  {"right_child=1 -3", "right_child=1 -900000", "leads to leaf 899999 of 3"},
		"decision type":      {"type=8 1", "type=99 1", "decision_type 99 is not supported"},
		"missing type":       {"type=8 1", "type=12 1", "missing type 3"},
		"category set":       {"=0.5 0", "=0.5 7", "node 1: uses category set 7 of 1"},
		"broken set number":  {"=0.5 0", "=0.5 0.5", "node 1: uses category set 0.5 of 1"},
		"set bounds":         {"cat_boundaries=0 1", "cat_boundaries=0 2", "cat_threshold has 1 entries, wants 2"},
		"empty set":          {"cat_boundaries=0 1\ncat_threshold=5", "cat_boundaries=0 0\ncat_threshold=", "set 0 is words 0 to 0"},
		"first bound":        {"cat_boundaries=0 1", "cat_boundaries=1 1", "begin with 1"},
		"linear, no const":   {"is_linear=0", "is_linear=1", "leaf_const is missing"},
		"cut categories":     {"categorical:null", `categorical:[["a"`, "pandas_categorical: "},
		"no category":        {"categorical:null", `categorical:[[null]]`, "null is no category"},
		"nested categories":  {"categorical:null", `categorical:[["a", ["b"]]]`, "[ stands where a category has to"},
		"no list":            {"categorical:null", `categorical:["a"]`, "where a list of categories has to"},
		"many categories":    {"categorical:null", "categorical:[[" + strings.Repeat("0,", 1<<20) + "0]]", "more than the 1048576 categories allowed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse(edited(test.from, test.to)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func treeHeads(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "Tree=%d\n", i)
	}
	return b.String()
}

// FuzzLightGBM: no file brings the parser down, and where one loads, the fast
// evaluator agrees with the reference around every threshold.
func FuzzLightGBM(f *testing.F) {
	f.Add([]byte(stump))
	for _, name := range []string{"lgb_linear", "lgb_dart", "lgb_ova"} {
		text := string(load(f, name))
		at := strings.Index(text, "Tree=4")
		f.Add([]byte(text[:at] + "\n\nend of trees\n"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if err != nil {
			return
		}
		n := m.Outputs()
		want, got, out := make([]float64, n), make([]float64, n), make([]float64, n)
		reference, fast := m.Reference(), m.Fast(nil)
		m.Probe(200, func(x []float64) {
			reference.Evaluate(want, out, model.Row{X: x})
			fast.Evaluate(got, out, model.Row{X: x})
			for i := range want {
				if math.Float64bits(want[i]) != math.Float64bits(got[i]) && want[i] == want[i] {
					t.Fatalf("row %v: %v, the reference says %v", x, got, want)
				}
			}
		})
	})
}

// A field that is longer than it has to be costs no memory.
func TestListCountsBeforeItTakesMemory(t *testing.T) {
	const words = 1 << 20
	long := strings.Repeat("1 ", words)
	s := &section{"tree 0", map[string]string{"threshold": long}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := s.floats("threshold", 2)
	_, nameErr := Parse(edited("=a b", "="+long))
	runtime.ReadMemStats(&after)
	for _, err := range []error{err, nameErr} {
		if err == nil || !strings.Contains(err.Error(), "has 1048576 ") {
			t.Errorf("error %v", err)
		}
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 7*uint64(len(long)) { // the file, copied
		t.Errorf("took %d bytes for %d words", took, words)
	}
}
