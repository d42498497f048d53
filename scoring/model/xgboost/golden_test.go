package xgboost

import (
	"strings"
	"testing"

	"hindsight/scoring/model"
	"hindsight/scoring/model/parity"
)

func load(t testing.TB, name string) []byte {
	t.Helper()
	data, err := parity.Unzipped("testdata/" + name + ".gz")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parse(t testing.TB, name string) *Model {
	t.Helper()
	m, err := Parse(load(t, name))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return m
}

// golden are the trained models.
var golden = []string{
	"xgb_binary.json", "xgb_binary.ubj", "xgb_multiclass.ubj", "xgb_regression.json",
	"xgb_categorical.json", "xgb_dart.json", "xgb_rf.json",
}

// TestBitsOfXGBoost: margins and predictions of the library, torture rows included.
func TestBitsOfXGBoost(t *testing.T) {
	for _, name := range golden {
		t.Run(name, func(t *testing.T) {
			m := parse(t, name)
			stem, _, _ := strings.Cut(name, ".")
			rows, err := parity.ReadFile("testdata/"+stem+".csv.gz", m.Features())
			if err != nil {
				t.Fatal(err)
			}
			if len(rows.X) < 600 {
				t.Fatalf("only %d rows", len(rows.X))
			}
			for kind, e := range map[string]model.Evaluator{"reference": m.Reference(), m.Kernel(): m.Fast(nil)} {
				if got := parity.Compare(m, e, rows); got.Identical != got.Rows {
					t.Errorf("%s: %d of %d rows identical, largest difference %v; %s", kind, got.Identical, got.Rows, got.Largest, got.First)
				}
			}
		})
	}
}
