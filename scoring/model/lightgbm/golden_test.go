package lightgbm

import (
	"math"
	"strings"
	"testing"

	"hindsight/scoring/model"
	"hindsight/scoring/model/parity"
)

func load(t testing.TB, name string) []byte {
	t.Helper()
	data, err := parity.Unzipped("testdata/" + name + ".txt.gz")
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

// rows returns the golden rows of a model. Some files hold answers alone, for
// the last rows of lgb_binary.
func rows(t testing.TB, name string, m *Model) *parity.Rows {
	t.Helper()
	if r, err := parity.ReadFile("testdata/"+name+".csv.gz", m.Features()); err == nil {
		return r
	}
	answers, err := parity.ReadFile("testdata/"+name+".csv.gz", nil)
	if err != nil {
		t.Fatal(err)
	}
	return rows(t, "lgb_binary", m).Last(len(answers.X)).Answers(answers)
}

// golden are the trained models, by what they show.
var golden = []string{
	"lgb_binary", "lgb_multiclass", "lgb_regression", "lgb_sigmoid07", "lgb_zeromissing", "lgb_nomissing",
	"lgb_linear", "lgb_rf", "lgb_dart", "lgb_poisson", "lgb_ova",
}

// TestBitsOfLightGBM: sums and answers of the library, torture rows included.
func TestBitsOfLightGBM(t *testing.T) {
	for _, name := range golden {
		t.Run(name, func(t *testing.T) {
			m := parse(t, name)
			r := rows(t, name, m)
			if len(r.X) < 600 {
				t.Fatalf("only %d rows", len(r.X))
			}
			for kind, e := range map[string]model.Evaluator{"reference": m.Reference(), m.Kernel(): m.Fast(nil)} {
				if got := parity.Compare(m, e, r); got.Identical != got.Rows {
					t.Errorf("%s: %d of %d rows identical, largest difference %v; %s", kind, got.Identical, got.Rows, got.Largest, got.First)
				}
			}
		})
	}
}

// A comparison that cannot fail proves nothing.
func TestParitySeesALastBit(t *testing.T) {
	m := parse(t, "lgb_binary")
	r := rows(t, "lgb_binary", m)
	r.Out[3][0] = math.Nextafter(r.Out[3][0], 2)
	if got := parity.Compare(m, m.Reference(), r); got.Identical != got.Rows-1 || !strings.HasPrefix(got.First, "row 3, answer 0:") {
		t.Errorf("%+v", got)
	}
}
