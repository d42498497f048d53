package scoring

import (
	"math"
	"testing"
)

func TestFiguresAgreeWithScikitLearn(t *testing.T) {
	golden := readSklearn(t, "figures")
	b := &Bundle{Classes: []string{"0", "1"}, Threshold: golden.Threshold}
	r := &results{classes: 2}
	for i, p := range golden.P {
		if err := b.addResult(r, b.decide([]float64{p}), []string{"0.0", "True"}[golden.Y[i]]); err != nil {
			t.Fatal(err)
		}
	}
	got := r.all()
	if len(got) != len(golden.Want) {
		t.Errorf("%d figures, want %d", len(got), len(golden.Want))
	}
	for _, f := range got {
		if want := golden.Want[f.Name]; math.Abs(f.Value-want) > 1e-12 {
			t.Errorf("%s is %v, scikit-learn says %v", f.Name, f.Value, want)
		}
	}
}

func TestFiguresThatAreNotDefinedAreLeftOut(t *testing.T) {
	b := &Bundle{Classes: []string{"0", "1"}, Threshold: 0.5}
	r := &results{classes: 2}
	if err := b.addResult(r, b.decide([]float64{0.2}), "0"); err != nil {
		t.Fatal(err)
	}
	for _, f := range r.all() {
		switch f.Name {
		case "auc", "precision", "recall", "f1":
			t.Errorf("%s of one negative is %v", f.Name, f.Value)
		}
	}
}
