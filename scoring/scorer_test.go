package scoring

import (
	"fmt"
	"strings"
	"testing"

	"hindsight/schemas"
)

// numericBundle is a logistic model over n scaled numbers.
func numericBundle(t testing.TB, n int) *Bundle {
	t.Helper()
	var spec, prepared, names, coef strings.Builder
	for i := range n {
		fmt.Fprintf(&spec, "  - {name: x%d, type: number}\n", i)
		fmt.Fprintf(&prepared, "  - {input: x%d, scale: {mean: 0.5, std: 2}}\n", i)
		fmt.Fprintf(&names, `,"x%d"`, i)
		fmt.Fprintf(&coef, ",%d.25", i)
	}
	b, err := Open(writeBundle(t, map[string]string{
		"bundle.yaml": "name: n\nversion: 1\ntask: classification\nmodel: {format: linear}\nclasses: [0, 1]\ninputs:\n" +
			spec.String() + "preparation:\n" + prepared.String(),
		"linear.json": `{"features":[` + names.String()[1:] + `],"classes":[0,1],"coef":[[` + coef.String()[1:] + `]],"intercept":[0.5]}`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestScoreDoesNotAllocate(t *testing.T) {
	tiny := openTiny(t)
	at, err := schemas.ParseInstant("2026-11-23 06:00:00")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]struct {
		bundle  *Bundle
		numbers []float64
		texts   [][]byte
		times   []schemas.Instant
	}{
		"numbers":          {bundle: numericBundle(t, 8), numbers: make([]float64, 8)},
		"one of each type": {tiny, []float64{3, 1}, [][]byte{[]byte("FR")}, []schemas.Instant{at}},
		"an unknown level": {tiny, []float64{3, 1}, [][]byte{[]byte("Atlantis")}, []schemas.Instant{at}},
		"all missing":      {tiny, []float64{3, 1}, [][]byte{nil}, []schemas.Instant{schemas.Beginning}},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			s := row.bundle.NewScorer()
			allocs := testing.AllocsPerRun(100, func() {
				if _, err := s.Score(row.numbers, row.texts, row.times); err != nil {
					t.Fatal(err)
				}
			})
			if allocs != 0 {
				t.Errorf("%v allocations a row", allocs)
			}
		})
	}
}

func BenchmarkScore(b *testing.B) {
	at := schemas.Instant(1_700_000_000_000_000)
	b.Run("8 numbers", func(b *testing.B) {
		s := numericBundle(b, 8).NewScorer()
		numbers := []float64{0.1, 0.2, 0.3, 0.4, -0.1, -0.2, -0.3, -0.4}
		b.ReportAllocs()
		for b.Loop() {
			_, _ = s.Score(numbers, nil, nil)
		}
	})
	b.Run("30 numbers", func(b *testing.B) {
		s := numericBundle(b, 30).NewScorer()
		numbers := make([]float64, 30)
		b.ReportAllocs()
		for b.Loop() {
			_, _ = s.Score(numbers, nil, nil)
		}
	})
	b.Run("one of each type", func(b *testing.B) {
		s := openTiny(b).NewScorer()
		numbers, texts, times := []float64{3, 1}, [][]byte{[]byte("FR")}, []schemas.Instant{at}
		b.ReportAllocs()
		for b.Loop() {
			_, _ = s.Score(numbers, texts, times)
		}
	})
	b.Run("car loan", func(b *testing.B) {
		bundle, err := Open(carLoan)
		if err != nil {
			b.Fatal(err)
		}
		s := bundle.NewScorer()
		numbers := []float64{39811, 0.63, 19, 0, 0.2}
		texts := [][]byte{[]byte("40K - 60K €"), []byte("40%")}
		b.ReportAllocs()
		for b.Loop() {
			_, _ = s.Score(numbers, texts, nil)
		}
	})
}
