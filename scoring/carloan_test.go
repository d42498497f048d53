package scoring

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The demo's bundle and the data that it was made of.
const (
	carLoan     = "../app/demo/bundle"
	carLoanData = "../app/demo/data/car_loan.csv.gz"
)

func TestCarLoanLoads(t *testing.T) {
	b, c, err := Load(carLoan, Require(CheckGolden, CheckPerformance, CheckPreparation))
	if err != nil {
		t.Fatal(err)
	}
	if b.Ref() != "car-loan@1" || b.Positive() != "1" {
		t.Errorf("%s, positive %q", b.Ref(), b.Positive())
	}
	again, err := b.Retrain(1, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	c.Add(again)
	var committed Certificate
	if err := json.Unmarshal([]byte(readText(t, filepath.Join(carLoan, "certificate.json"))), &committed); err != nil {
		t.Fatal(err)
	}
	near := cmpopts.EquateApprox(0, 1e-12) // another platform's logarithm may differ in its last bit
	if diff := cmp.Diff(&committed, c, near); diff != "" {
		t.Errorf("certificate.json is not that of the bundle; see its README\n%s", diff)
	}
}

// Training again has to give the committed bytes, on any platform.
func TestCarLoanIsWhatTrainingGives(t *testing.T) {
	dir := writeBundle(t, map[string]string{"bundle.yaml": readText(t, filepath.Join(carLoan, "bundle.yaml"))})
	data := readTableFile(t, carLoanData)
	rows, err := data.Slice(1, 25_000)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Train(dir, rows, "repaid"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"linear.json", "fitted.json", "golden.csv"} {
		if readText(t, filepath.Join(dir, name)) != readText(t, filepath.Join(carLoan, name)) {
			t.Errorf("%s is not what training gives", name)
		}
	}
}

func TestCarLoanAgreesWithScikitLearn(t *testing.T) {
	b, err := Open(carLoan)
	if err != nil {
		t.Fatal(err)
	}
	wantCoefficients(t, b, readSklearn(t, "car_loan"), 1e-9)
}

func TestCarLoanRowsAreThoseOfTheData(t *testing.T) {
	all := readTableFile(t, carLoanData)
	for name, from := range map[string]int{"train.csv.gz": 0, "performance.csv": 25_000} {
		part := readTableFile(t, filepath.Join(carLoan, name))
		for i, row := range part.Rows {
			if !slices.Equal(row, all.Rows[from+i][2:10]) {
				t.Fatalf("%s row %d is not row %d of the data: %q", name, i+1, from+i+1, row)
			}
		}
		if want := map[string]int{"train.csv.gz": 25_000, "performance.csv": 5_000}[name]; len(part.Rows) != want {
			t.Errorf("%s has %d rows, want %d", name, len(part.Rows), want)
		}
	}
}

// What the demo shows: the model holds until row 75,000 and drops after it.
func TestCarLoanAccuracyOverTime(t *testing.T) {
	b, err := Open(carLoan)
	if err != nil {
		t.Fatal(err)
	}
	data := readTableFile(t, carLoanData)
	bound, err := b.plan.bind(data.Header)
	if err != nil {
		t.Fatal(err)
	}
	s, row, truth := b.NewScorer(), b.plan.newRaw(), data.column("repaid")
	right := 0
	for i, cells := range data.Rows {
		if err := bound.fill(row, cells); err != nil {
			t.Fatal(err)
		}
		answer, err := s.Score(row.numbers, row.texts, row.times)
		if err != nil {
			t.Fatal(err)
		}
		class, _, err := b.truth(cells[truth])
		if err != nil {
			t.Fatal(err)
		}
		if class == answer.Class {
			right++
		}
		if (i+1)%5000 > 0 {
			continue
		}
		accuracy := float64(right) / 5000
		t.Logf("rows to %6d: %.2f %%", i+1, 100*accuracy)
		low, high := 0.864, 0.880
		if i >= 75_000 {
			low, high = 0.841, 0.861
		}
		if accuracy < low || accuracy > high {
			t.Errorf("rows to %d: accuracy %.4f is not in [%g, %g]", i+1, accuracy, low, high)
		}
		right = 0
	}
}

func TestCarLoanHoldsNothingElse(t *testing.T) {
	entries, err := os.ReadDir(carLoan)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	want := []string{"README.md", "bundle.yaml", "certificate.json", "fitted.json", "golden.csv", "linear.json", "performance.csv", "train.csv.gz"}
	if !slices.Equal(names, want) {
		t.Errorf("the bundle holds %q", names)
	}
}
