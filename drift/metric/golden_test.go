package metric

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"

	"hindsight/schemas"
)

type golden struct {
	Quantile []struct{ Confidence, Z float64 }
	Binary   []struct {
		Name              string
		Confidence        float64
		Y                 []int
		Score             []float64
		LogLoss           float64    `json:"log_loss"`
		LogLossInterval   [2]float64 `json:"log_loss_interval"`
		AUC               float64    `json:"auc"`
		AUCInterval       [2]float64 `json:"auc_interval"`
		BinnedAUC         float64    `json:"binned_auc"`
		BinnedInterval    [2]float64 `json:"binned_interval"`
		BinnedVariance    float64    `json:"binned_variance"`
		Shared            float64
		Accuracy          float64
		AccuracyInterval  [2]float64 `json:"accuracy_interval"`
		BalancedAccuracy  float64    `json:"balanced_accuracy"`
		BalancedAccuracyI [2]float64 `json:"balanced_accuracy_interval"`
	}
	Multi []struct {
		Name              string
		Confidence        float64
		Truth, Prediction []string
		Accuracy          float64
		AccuracyInterval  [2]float64 `json:"accuracy_interval"`
		BalancedAccuracy  float64    `json:"balanced_accuracy"`
		BalancedAccuracyI [2]float64 `json:"balanced_accuracy_interval"`
	}
}

func readJSON[T any](t *testing.T, path string) (value T) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &value)
	}
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// outcome is the delta of one labelled outcome of a binary model, as JOIN makes it.
func outcome(truth bool, score float64) *schemas.Sums {
	p := score
	if !truth {
		p = 1 - score
	}
	loss := -math.Log(min(max(p, 1e-15), 1-1e-15))
	return &schemas.Sums{
		Scored:      1,
		Pairs:       []schemas.Pair{{Truth: class(truth), Prediction: class(score >= 0.5), N: 1}},
		Histogram:   []schemas.HistogramBin{{Positive: truth, Bin: uint16(min(score*schemas.HistogramBins, schemas.HistogramBins-1)), N: 1}},
		Lossy:       1,
		LossSum:     int64(math.Round(loss * schemas.LossScale)),
		LossSquares: int64(math.Round(loss * loss * schemas.LossScale)),
	}
}

func class(positive bool) string {
	if positive {
		return "1"
	}
	return "0"
}

func figure(t *testing.T, name string, s *Sums, confidence float64) schemas.Metric {
	t.Helper()
	m, err := Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return m.Of(s, confidence)
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.17g, want %.17g within %g", what, got, want, tolerance)
	}
}

func agrees(t *testing.T, got schemas.Metric, value float64, interval [2]float64, n int, tolerance float64) {
	t.Helper()
	if got.Undefined != "" || got.N != int64(n) {
		t.Errorf("%s: undefined %q, n %d, want n %d", got.Name, got.Undefined, got.N, n)
	}
	near(t, got.Name, got.Value, value, tolerance)
	near(t, got.Name+" low", got.Low, interval[0], tolerance)
	near(t, got.Name+" high", got.High, interval[1], tolerance)
}

func TestBinaryAgainstReferences(t *testing.T) {
	for _, c := range readJSON[golden](t, "testdata/golden.json").Binary {
		t.Run(c.Name, func(t *testing.T) {
			var s Sums
			for i, score := range c.Score {
				s.Add(outcome(c.Y[i] == 1, score))
			}
			n := len(c.Y)
			agrees(t, figure(t, "accuracy", &s, c.Confidence), c.Accuracy, c.AccuracyInterval, n, 1e-12)
			agrees(t, figure(t, "balanced_accuracy", &s, c.Confidence), c.BalancedAccuracy, c.BalancedAccuracyI, n, 1e-12)
			// The fixed point rounds each loss and each square once.
			agrees(t, figure(t, "log_loss", &s, c.Confidence), c.LogLoss, c.LogLossInterval, n, 2e-7)

			auc := figure(t, "auc", &s, c.Confidence)
			near(t, "auc", auc.Value, c.BinnedAUC, 1e-12)
			if c.AUC < auc.Low || c.AUC > auc.High {
				t.Errorf("auc [%v, %v] does not contain scikit-learn's %v", auc.Low, auc.High, c.AUC)
			}
			if math.Abs(auc.Value-c.AUC) > c.Shared/2+1e-12 {
				t.Errorf("binning moved auc from %v to %v, further than its bound %v", c.AUC, auc.Value, c.Shared/2)
			}
			if c.BinnedVariance > 0 {
				agrees(t, auc, c.BinnedAUC, c.BinnedInterval, n, 1e-12)
			}
		})
	}
}

func TestClassesAgainstReferences(t *testing.T) {
	for _, c := range readJSON[golden](t, "testdata/golden.json").Multi {
		t.Run(c.Name, func(t *testing.T) {
			var s Sums
			for i := range c.Truth {
				s.Add(&schemas.Sums{Scored: 1, Pairs: []schemas.Pair{{Truth: c.Truth[i], Prediction: c.Prediction[i], N: 1}}})
			}
			agrees(t, figure(t, "accuracy", &s, c.Confidence), c.Accuracy, c.AccuracyInterval, len(c.Truth), 1e-12)
			agrees(t, figure(t, "balanced_accuracy", &s, c.Confidence), c.BalancedAccuracy, c.BalancedAccuracyI, len(c.Truth), 1e-12)
		})
	}
}

// stats is the part of the shared golden statistics that concerns this package.
type stats struct {
	Binomial []struct {
		K, N   int64
		Alpha  float64
		Wilson [2]float64
	} `json:"binomial_ci"`
	Ranking struct {
		Y        []int
		ScoreA   []float64     `json:"score_a"`
		ScoreB   []float64     `json:"score_b"`
		AUCA     float64       `json:"auc_a"`
		AUCB     float64       `json:"auc_b"`
		Cov      [2][2]float64 `json:"delong_cov"`
		Interval [2]float64    `json:"delong_ci95_a"`
		Balanced float64       `json:"bal_acc_a_05"`
	}
}

func TestWilsonAgainstStatsmodels(t *testing.T) {
	for _, c := range readJSON[stats](t, "testdata/stats.json").Binomial {
		t.Run(strconv.FormatInt(c.K, 10)+" of "+strconv.FormatInt(c.N, 10), func(t *testing.T) {
			var s Sums
			s.Add(&schemas.Sums{Scored: c.N, Pairs: []schemas.Pair{{Truth: "a", Prediction: "a", N: c.K}, {Truth: "a", Prediction: "b", N: c.N - c.K}}})
			got := figure(t, "accuracy", &s, 1-c.Alpha)
			agrees(t, got, float64(c.K)/float64(c.N), c.Wilson, int(c.N), 1e-13)
			if c.K == 0 && got.Low != 0 || c.K == c.N && got.High != 1 {
				t.Errorf("interval [%v, %v] misses its end", got.Low, got.High)
			}
		})
	}
}

func TestDeLongAgainstDefinition(t *testing.T) {
	r := readJSON[stats](t, "testdata/stats.json").Ranking
	for _, c := range []struct {
		name           string
		scores         []float64
		area, variance float64
	}{{"a", r.ScoreA, r.AUCA, r.Cov[0][0]}, {"b", r.ScoreB, r.AUCB, r.Cov[1][1]}} {
		// The scores have two decimals, so that each has a bin of its own.
		var s Sums
		for i, score := range c.scores {
			s.Add(outcome(r.Y[i] == 1, score))
		}
		var weights [slots]float64
		positives, negatives := s.ranking(&weights)
		area, variance, _ := delong(&weights, positives, negatives)
		near(t, "area "+c.name, area, c.area, 1e-12)
		near(t, "variance "+c.name, variance, c.variance, 1e-12)
		if c.name == "a" {
			near(t, "balanced accuracy", figure(t, "balanced_accuracy", &s, 0.95).Value, r.Balanced, 1e-12)
			half := quantile(0.95) * math.Sqrt(variance)
			near(t, "low", area-half, r.Interval[0], 1e-12)
			near(t, "high", area+half, r.Interval[1], 1e-12)
		}
	}
}

func TestQuantileAgainstScipy(t *testing.T) {
	for _, c := range readJSON[golden](t, "testdata/golden.json").Quantile {
		near(t, "quantile", quantile(c.Confidence), c.Z, 1e-12)
	}
}
