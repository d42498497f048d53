package onnx

import (
	"slices"
	"strings"
	"testing"
)

// TestReadsWhatLibrariesExport: what files of scikit-learn, CatBoost and
// PyTorch's form say of themselves, which takes no onnxruntime.
func TestReadsWhatLibrariesExport(t *testing.T) {
	binary := []string{"0", "1"}
	for name, want := range map[string]struct {
		features []string // the first and the last
		classes  []string
		graph    string
	}{
		"sk_pipeline":                        {[]string{"n0", "plan"}, binary, "city string[?,1]"},
		"sk_rf":                              {[]string{"f0", "f26"}, binary, "skl2onnx 1.20.0; ai.onnx.ml 1, ai.onnx 17; 1 nodes; X float[?,27] → label int64[?], probabilities float[?,2]"},
		"sk_hgb":                             {[]string{"f0", "f26"}, binary, "X float[?,27]"},
		"catboost_two":                       {[]string{"f0", "f5"}, binary, "CatBoost 1.2.10; ai.onnx.ml 2; 2 nodes; features float[?,6] → label int64[?], probabilities sequence"},
		"catboost_three_texts":               {[]string{"f0", "f5"}, []string{"high", "low", "mid"}, "label string[?]"},
		"catboost_regression":                {[]string{"f0", "f5"}, nil, "predictions float[?]"},
		"sklearn_logistic_zipmap":            {[]string{"f0", "f5"}, binary, "output_probability sequence"},
		"sklearn_logistic_double":            {[]string{"f0", "f5"}, binary, "X double[?,6] → label int64[?], probabilities double[?,2]"},
		"sklearn_forest_texts_zipmap":        {[]string{"f0", "f5"}, []string{"high", "low", "mid"}, "output_probability sequence"},
		"sklearn_mlp_three":                  {[]string{"f0", "f5"}, []string{"0", "1", "2"}, "probabilities float[?,3]"},
		"sklearn_mlp_regression":             {[]string{"f0", "f5"}, nil, "variable float[?,1]"},
		"sklearn_pipeline_logistic":          {[]string{"age", "plan"}, binary, "plan int64[?,1]"},
		"sklearn_pipeline_forest_regression": {[]string{"age", "plan"}, nil, "variable float[?,1]"},
		"torch_sigmoid":                      {[]string{"f0", "f5"}, binary, "input float[?,6] → output float[?,1]"},
		"torch_softmax":                      {[]string{"f0", "f5"}, []string{"0", "1", "2", "3"}, "output float[?,4]"},
	} {
		m, err := Parse(golden(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		features := m.Features()
		if ends := []string{features[0], features[len(features)-1]}; !slices.Equal(ends, want.features) {
			t.Errorf("%s: features %q", name, features)
		}
		if !slices.Equal(m.ClassNames(), want.classes) || m.Regression() != (want.classes == nil) {
			t.Errorf("%s: classes %q, a regression: %v", name, m.ClassNames(), m.Regression())
		}
		if !strings.Contains(m.Graph(), want.graph) {
			t.Errorf("%s: %s", name, m.Graph())
		}
	}
}

func TestTextsStandForNumbers(t *testing.T) {
	for _, name := range []string{"sklearn_pipeline_logistic", "sklearn_pipeline_forest_regression"} { // OneHotEncoder, LabelEncoder
		m, err := Parse(golden(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Levels(3); !slices.Equal(got, []string{"ams", "ber", "cph", "dub"}) || m.Levels(0) != nil || m.Levels(4) != nil {
			t.Errorf("%s: city stands for %q", name, got)
		}
	}
}

// TestAsksForTheAnswerOnly: onnxruntime gets one output of numbers, no map.
func TestAsksForTheAnswerOnly(t *testing.T) {
	for _, name := range []string{"catboost_two", "sklearn_logistic_zipmap", "sk_rf", "torch_sigmoid"} {
		m, err := Parse(golden(t, name))
		if err != nil {
			t.Fatal(err)
		}
		whole, err := readModel(golden(t, name))
		if err != nil {
			t.Fatal(err)
		}
		again, err := readModel(m.data)
		if err != nil {
			t.Fatal(err)
		}
		if len(again.outputs) != 1 || again.outputs[0].name != m.answer.name || again.outputs[0].element != float32Element {
			t.Errorf("%s: outputs %v", name, again.outputs)
		}
		if slices.ContainsFunc(again.nodes, func(n node) bool { return n.op == "ZipMap" }) {
			t.Errorf("%s: a ZipMap is left", name)
		}
		if n := len(whole.nodes) - len(again.nodes); n != 0 && m.answer.zipped == "" || n > 1 {
			t.Errorf("%s: %d nodes are gone", name, n)
		}
	}
}

// The same graph is a regression or one of two classes, as the bundle says.
func TestForWhatTheBundleSays(t *testing.T) {
	m, err := Parse(small())
	if err != nil {
		t.Fatal(err)
	}
	for classes, regression := range map[int]bool{0: true, 2: false} {
		if got := m.For(classes); got.Regression() != regression || got.Outputs() != 1 {
			t.Errorf("%d classes: %v, %d outputs", classes, got.Regression(), got.Outputs())
		}
	}
	if m.Named() != true || m.Features()[0] != "x" {
		t.Errorf("features %q", m.Features())
	}
}

func TestVersionThatIsALog(t *testing.T) {
	m, err := Parse(slices.Concat(small(), bytesField(3, "Git info:\n  Commit: 1\n")))
	if err != nil || !strings.HasPrefix(m.Graph(), "by hand; ai.onnx 18") {
		t.Errorf("%v, %v", m, err)
	}
}

// FuzzONNX: no file brings the reader down, and what it admits it still admits
// as it is handed to onnxruntime.
func FuzzONNX(f *testing.F) {
	for _, name := range []string{"sk_pipeline", "sklearn_logistic_zipmap", "torch_softmax", "sklearn_mlp_three"} {
		f.Add(golden(f, name))
	}
	f.Add(small())
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if err != nil {
			return
		}
		if len(m.Features()) == 0 || m.Outputs() < 1 {
			t.Errorf("%d features, %d outputs", len(m.Features()), m.Outputs())
		}
		m.Graph()
		if _, err := readModel(m.data); err != nil {
			t.Errorf("rewritten: %v", err)
		}
	})
}
