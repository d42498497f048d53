package scoring

import (
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// What scikit-learn's transformers make of a row, preparation makes of it too:
// testdata/make_preparation.py wrote the cases.
func TestPreparationAgreesWithScikitLearn(t *testing.T) {
	cases, err := filepath.Glob("testdata/preparation/*.yaml")
	if err != nil || len(cases) < 20 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			s, err := parseSpec([]byte(readText(t, path)))
			if err != nil {
				t.Fatal(err)
			}
			p, err := newPlan(s, nil)
			if err != nil {
				t.Fatal(err)
			}
			table := readTableFile(t, strings.TrimSuffix(path, ".yaml")+".csv")
			comparePrepared(t, p, table)
		})
	}
}

func comparePrepared(t *testing.T, p *plan, table *Table) {
	t.Helper()
	bound, err := p.bind(table.Header)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(table.Header) - len(p.inputs); len(p.columns) != want {
		t.Fatalf("prepares %d columns %q, scikit-learn %d", len(p.columns), p.columns, want)
	}
	r, prepared := p.newRaw(), newPreparer(p)
	for i, cells := range table.Rows {
		err := bound.fill(r, cells)
		if err == nil {
			err = prepared.prepare(r.numbers, r.texts, r.times)
		}
		want := cells[len(p.inputs):]
		if refused := want[0] == "error"; refused || err != nil {
			if !refused || err == nil {
				t.Errorf("line %d, %q: error %v, scikit-learn says %q", table.Lines[i], cells, err, want)
			}
			continue
		}
		for k, text := range want {
			w, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			if got := prepared.row.X[k]; !(math.Abs(got-w) <= 1e-12*max(1, math.Abs(w))) {
				t.Errorf("line %d, %q: %s is %v, scikit-learn's %v", table.Lines[i], cells, p.columns[k], got, w)
			}
		}
	}
}
