package xgboost

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"hindsight/scoring/model"
	"hindsight/scoring/model/tree"
)

// stump is the least model with a node of each kind: numbers on a, a category on b.
const stump = `{"version": [3, 2, 0], "learner": {
 "learner_model_param": {"base_score": "5E-1", "num_feature": "2", "num_class": "0", "num_target": "1"},
 "objective": {"name": "binary:logistic"}, "feature_names": ["a", "b"],
 "gradient_booster": {"name": "gbtree", "model": {
  "gbtree_model_param": {"num_trees": "1"}, "tree_info": [0], "cats": {"enc": []}, "trees": [{
   "tree_param": {"num_nodes": "5", "size_leaf_vector": "1"},
   "left_children": [1, -1, 3, -1, -1], "right_children": [2, -1, 4, -1, -1], "default_left": [0, 0, 1, 0, 0],
   "split_indices": [0, 0, 1, 0, 0], "split_conditions": [0.5, 1, 0, 2, 3], "split_type": [0, 0, 1, 0, 0],
   "categories": [0, 2], "categories_nodes": [2], "categories_segments": [0], "categories_sizes": [2]}]}}}}`

func edited(from, to string) []byte { return []byte(strings.Replace(stump, from, to, 1)) }

func margin(m *Model, x ...float64) float64 {
	raw, out := make([]float64, m.Outputs()), make([]float64, m.Outputs())
	m.Reference().Evaluate(raw, out, model.Row{X: x})
	return raw[0]
}

func TestStump(t *testing.T) {
	m, err := Parse([]byte(stump))
	if err != nil {
		t.Fatal(err)
	}
	nan := math.NaN()
	for _, test := range []struct{ a, b, want float64 }{
		{0.5, 1, 2}, {float64(math.Nextafter32(0.5, 0)), 1, 1}, {0.5 - 1e-12, 1, 2}, // it is 0.5 in float32
		{1, 0, 3}, {1, 2.9, 3}, {1, 3, 2}, {1, -0.5, 2}, {1, 1 << 24, 2}, {1, nan, 2}, {nan, 0, 3}, {math.Inf(1), 1, 2}, {math.Inf(-1), 0, 1},
	} {
		if got := margin(m, test.a, test.b); got != test.want {
			t.Errorf("a %v, b %v: %v, want %v", test.a, test.b, got, test.want)
		}
	}
}

func TestBaseScore(t *testing.T) {
	for word, want := range map[string]float64{"5E-1": 0, "[5E-1]": 0, "0": -13.815510749816895, "1": 13.745160102844238, "2.5E-1": -1.0986123085021973} {
		m, err := Parse(edited(`"5E-1"`, `"`+word+`"`))
		if err != nil {
			t.Fatal(err)
		}
		if got := m.forest.Base[0]; math.Abs(got-want) > 1e-5*math.Abs(want) {
			t.Errorf("base score %s starts with %v, want %v", word, got, want)
		}
	}
}

func TestLevels(t *testing.T) {
	m, err := Parse(edited(`"enc": []`, `"enc": [{"offsets": [0, 2, 5], "values": [68, 69, 32, 70, 82]}, {"type": 15, "values": [10, -2]}]`))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{{"DE", "FR"}, {"10", "-2"}} {
		if got := m.Levels(i); !slices.Equal(got, want) {
			t.Errorf("feature %d: %q, want %q", i, got, want)
		}
	}
}

func TestJSONAndUBJSONAreTheSameModel(t *testing.T) {
	a, b := parse(t, "xgb_binary.json"), parse(t, "xgb_binary.ubj")
	ea, eb := a.Fast(nil), b.Fast(nil)
	raw, out, raw2, out2 := []float64{0}, []float64{0}, []float64{0}, []float64{0}
	rows := 0
	a.Probe(4000, func(x []float64) {
		rows++
		ea.Evaluate(raw, out, model.Row{X: x})
		eb.Evaluate(raw2, out2, model.Row{X: x})
		if raw[0] != raw2[0] || out[0] != out2[0] {
			t.Errorf("row %v: %v and %v", x, raw, raw2)
		}
	})
	if rows < 1000 {
		t.Errorf("only %d rows", rows)
	}
}

// gblinear, whose sums are written out here.
func TestLinear(t *testing.T) {
	text := strings.Replace(stump, "gbtree", "gblinear", 1)
	at := strings.Index(text, `"gbtree_model_param"`)
	m, err := Parse([]byte(text[:at] + `"weights": [0.1, 0.2, 0.3]}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	x, y := float32(1.7), float32(-3.3)
	if got, want := margin(m, 1.7, -3.3), float32(float32(0.3)+float32(x*0.1))+float32(y*0.2); got != float64(want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := margin(m, math.NaN(), 0); got != float64(float32(0.3)) {
		t.Errorf("%v: what is missing has to add nothing", got)
	}
	if _, err := Parse([]byte(text[:at] + `"weights": [0.1, 0.2]}}}}`)); err == nil || !strings.Contains(err.Error(), "model.weights has 2 entries, wants 3") {
		t.Error(err)
	}
}

// Everything that a file can have wrong is refused with the place.
func TestParseRefuses(t *testing.T) {
	tests := map[string]struct{ from, to, want string }{
		"nothing":          {stump, "", "neither JSON nor UBJSON"},
		"the old binary":   {stump, "binf\x00\x00", "neither JSON nor UBJSON"},
		"cut off":          {stump[len(stump)-30:], "", "the file ends"},
		"something behind": {`[2]}]}}}}`, `[2]}]}}}}x`, "something follows"},
		"version":          {"[3, 2, 0]", "[4, 0, 0]", "version 4 of XGBoost is not supported"},
		"no version":       {`"version"`, `"verzion"`, "version is missing"},
		"objective":        {"binary:logistic", "reg:expectileerror", `objective "reg:expectileerror" is not supported`},
		"booster":          {`"gbtree", "model"`, `"gbforest", "model"`, `booster "gbforest" is not supported`},
		"targets":          {`"num_target": "1"`, `"num_target": "3"`, "several targets are not supported"},
		"classes":          {`"num_class": "0"`, `"num_class": "3"`, "several targets are not supported"},
		"many classes":     {`"num_class": "0"`, `"num_class": "9000000000000000000"`, "num_class"},
		"vector leaves":    {`"size_leaf_vector": "1"`, `"size_leaf_vector": "3"`, "several values in a leaf are not supported"},
		"no features":      {`"enc": []`, `"enc": [1]`, "is a list of numbers of 1, not a list of the 2 features"},
		"cut categories":   {`"enc": []`, `"enc": [{"values": []}, {"offsets": [0, 3], "values": [65]}]`, "feature 1: offsets: entry 1 is 3 after 0, of 1 bytes"},
		"first category":   {`"enc": []`, `"enc": [{"values": []}, {"offsets": [1, 1], "values": [65]}]`, "offsets: entry 0 is 1"},
		"fractions":        {`"enc": []`, `"enc": [{"values": []}, {"values": [0.5]}]`, `values: entry 0, 0.5, is not a number that fits`},
		"not ASCII":        {`"enc": []`, `"enc": [{"values": []}, {"offsets": [0, 1], "values": [-61]}]`, "feature 1: values: has categories that are not ASCII"},
		"base score":       {"5E-1", "1.5", "1.5 is not a probability"},
		"base scores":      {"5E-1", "[0.5,0.5]", "has 2 numbers for 1 outputs"},
		"no base score":    {"5E-1", "x", `"x" is not a number`},
		"names":            {`["a", "b"]`, `["a"]`, "feature_names has 1 names for 2 features"},
		"key twice":        {`"tree_info"`, `"trees"`, `"trees" is there twice`},
		"group":            {`"tree_info": [0]`, `"tree_info": [70000]`, "adds to output 70000 of 1"},
		"groups":           {`"tree_info": [0]`, `"tree_info": [0, 0]`, "tree_info has 2 entries, wants 1"},
		"short array":      {"[0.5, 1, 0, 2, 3]", "[0.5, 1, 0, 2]", "split_conditions has 4 entries, wants 5"},
		"not a number":     {"[0.5, 1, 0, 2, 3]", "[0.5, 1, 0, 2, x]", "entry 4"},
		"NaN threshold":    {"[0.5, 1, 0", "[NaN, 1, 0", "node 0: has the threshold NaN"},
		"infinite leaf":    {"2, 3]", "2, Infinity]", "not finite"},
		"feature":          {`"split_indices": [0,`, `"split_indices": [9,`, "splits feature 9 of 2"},
		"child":            {"[1, -1, 3, -1, -1]", "[1, -1, 90, -1, -1]", "has the children 90 and 4"},
		"children":         {"[1, -1, 3, -1, -1], \"right_children\": [2, -1, 4, -1, -1]", "[1, -1, 90, -1, -1], \"right_children\": [2, -1, 91, -1, -1]", "a child is node 90 of 5"},
		"swapped children": {"[1, -1, 3, -1, -1], \"right_children\": [2, -1, 4, -1, -1]", "[2, -1, 3, -1, -1], \"right_children\": [1, -1, 4, -1, -1]", "has the children 2 and 1"},
		"cycle":            {"[1, -1, 3, -1, -1], \"right_children\": [2, -1, 4, -1, -1]", "[1, -1, 0, -1, -1], \"right_children\": [2, -1, 1, -1, -1]", "below two others, or below itself"},
		"category":         {`"categories": [0, 2]`, `"categories": [0, 16777216]`, "category 16777216 is not between"},
		"negative":         {`"categories": [0, 2]`, `"categories": [0, -2]`, "category -2 is not between"},
		"categories":       {`"categories_sizes": [2]`, `"categories_sizes": [3]`, "its categories are 3 from 0 on, of 2"},
		"category node":    {`"categories_nodes": [2]`, `"categories_nodes": [7]`, "node 7, which is not a categorical one of 5"},
		"split type":       {`"split_type": [0, 0, 1`, `"split_type": [2, 0, 1`, "split_type 2 without categories"},
		"nested":           {"[3, 2, 0]", strings.Repeat("[", 100000), "nested more than 64 deep"},
		"a bomb of lists":  {"[3, 2, 0]", "[" + strings.Repeat("[],", 1<<20) + "[]]", "more values than a model of its size"},
		"short weights":    {`"gbtree", "model"`, `"dart", "weight_drop": [], "model"`, ""},
		"weights":          {`"gbtree", "model"`, `"dart", "weight_drop": [1, 1], "model"`, "weight_drop has 2 entries, wants 1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(edited(test.from, test.to))
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
			} else if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// What is promised and is not there costs nothing.
func TestUBJSONRefuses(t *testing.T) {
	length := func(n int64) string { return "L" + string(binary.BigEndian.AppendUint64(nil, uint64(n))) }
	key := length(1) + "a"
	for name, test := range map[string]struct{ text, want string }{
		"a long text":     {"{" + key + "S" + length(1<<62), "entries are promised"},
		"minus one":       {"{" + key + "[#" + length(-1), "entries are promised"},
		"a long array":    {"{" + key + "[$L#" + length(1<<60), "entries are promised"},
		"bytes for half":  {"{" + key + "[$d#" + length(2) + "1234567", "2 entries are promised"},
		"nested":          {"{" + key + strings.Repeat("[", 1_000_000), "nested more than 64 deep"},
		"a bomb of nulls": {"{" + key + "[" + strings.Repeat("Z", 1<<20), "more values than a model of its size"},
		"cut off":         {"{" + key, "cut off"},
		"a type":          {"{" + key + "H", "type 'H' is not supported"},
		"a typed type":    {"{" + key + "[$S#" + length(1), "array of type 'S' is not supported"},
	} {
		if _, err := Parse([]byte(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", name, err, test.want)
		}
	}
}

// An array that is longer than any model has is refused before it is converted.
func TestArraysHaveAMaximum(t *testing.T) {
	numbersOf := func(n int) node { return node{kind: numbers, packing: 'U', packed: make([]byte, n)} }
	tests := map[string]struct {
		key  string
		n    int
		want string
	}{
		"nodes":      {"left_children", 2*tree.MaxLeaves + 1, "left_children has 2097153 entries, at most 2097152 are allowed"},
		"categories": {"categories", maxMembers + 1, "categories has 4194305 entries, at most 4194304 are allowed"},
		"sets":       {"categories_nodes", 2, "categories_nodes has 2 entries, at most 1 are allowed"},
	}
	for name, test := range tests {
		n := &node{kind: object}
		for key, length := range map[string]int{"left_children": 1, "right_children": 1, "split_indices": 1, "default_left": 1,
			"split_conditions": 1, "split_type": 1, "categories_nodes": 0, "categories_segments": 0, "categories_sizes": 0, "categories": 0} {
			if key == test.key {
				length = test.n
			}
			n.keys, n.items = append(n.keys, key), append(n.items, numbersOf(length))
		}
		words := 0
		if _, err := parseTree(n, &words); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", name, err, test.want)
		}
	}
}

// FuzzXGBoost: no file brings the parser down, and where one loads, the fast
// evaluator agrees with the reference around every threshold.
func FuzzXGBoost(f *testing.F) {
	f.Add([]byte(stump))
	whole := load(f, "xgb_multiclass.ubj")
	f.Add(whole[:4096])
	f.Add(load(f, "xgb_dart.json"))
	f.Add(bytes.Replace(load(f, "xgb_rf.json"), []byte("gbtree"), []byte("gblinear"), 1))
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
