package scoring

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/floats"
)

// figureKind is a figure that a performance test may bound.
type figureKind struct {
	higherIsBetter bool
	regression     bool
	binary         bool // defined for two classes only
	compute        func(r *results) float64
}

// figureKinds are the figures by name. All but auc are plain sums over the
// rows; precision, recall and f1 are of the positive class.
func figureKinds() map[string]figureKind {
	return map[string]figureKind{
		"accuracy":          {higherIsBetter: true, compute: (*results).accuracy},
		"balanced_accuracy": {higherIsBetter: true, compute: (*results).balancedAccuracy},
		"precision":         {higherIsBetter: true, binary: true, compute: func(r *results) float64 { return r.share(1, 1, -1) }},
		"recall":            {higherIsBetter: true, binary: true, compute: func(r *results) float64 { return r.share(1, -1, 1) }},
		"f1":                {higherIsBetter: true, binary: true, compute: (*results).f1},
		"auc":               {higherIsBetter: true, binary: true, compute: (*results).auc},
		"log_loss":          {compute: (*results).logLoss},
		"brier":             {binary: true, compute: (*results).brier},
		"r2":                {higherIsBetter: true, regression: true, compute: (*results).r2},
		"mae":               {regression: true, compute: (*results).mae},
		"rmse":              {regression: true, compute: func(r *results) float64 { return math.Sqrt(r.squares() / float64(len(r.values))) }},
	}
}

// results are answers beside their truths.
type results struct {
	classes int
	values  []float64 // Answer.Value
	pTruth  []float64 // probability of the true class
	decided []int
	truth   []int     // class; none for a regression
	targets []float64 // true values of a regression
}

func (r *results) accuracy() float64 {
	right := 0
	for i, c := range r.decided {
		if c == r.truth[i] {
			right++
		}
	}
	return float64(right) / float64(len(r.decided))
}

// balancedAccuracy is the mean recall of the classes that occur.
func (r *results) balancedAccuracy() float64 {
	right, all := make([]float64, r.classes), make([]float64, r.classes)
	for i, c := range r.truth {
		all[c]++
		if c == r.decided[i] {
			right[c]++
		}
	}
	sum, n := 0.0, 0.0
	for c, count := range all {
		if count > 0 {
			sum += right[c] / count
			n++
		}
	}
	return sum / n
}

// share is how many of the rows with the decided and the true class given (-1:
// any) are hits, that is both class.
func (r *results) share(class, decided, truth int) float64 {
	hits, all := 0, 0
	for i := range r.truth {
		if decided >= 0 && r.decided[i] != decided || truth >= 0 && r.truth[i] != truth {
			continue
		}
		all++
		if r.decided[i] == class && r.truth[i] == class {
			hits++
		}
	}
	return float64(hits) / float64(all)
}

func (r *results) f1() float64 {
	precision, recall := r.share(1, 1, -1), r.share(1, -1, 1)
	return 2 * precision * recall / (precision + recall)
}

// auc is the Mann–Whitney form of the area under the ROC curve, ties counting
// half. It is NaN where one class is missing.
func (r *results) auc() float64 {
	order := make([]int, len(r.values))
	values := append([]float64(nil), r.values...)
	floats.Argsort(values, order)
	rankSum, positives := 0.0, 0.0
	for i := 0; i < len(values); {
		j := i
		for j < len(values) && values[j] == values[i] {
			j++
		}
		rank := float64(i+1+j) / 2 // mean of the ranks i+1 … j
		for _, at := range order[i:j] {
			if r.truth[at] == 1 {
				rankSum += rank
				positives++
			}
		}
		i = j
	}
	negatives := float64(len(values)) - positives
	return (rankSum - positives*(positives+1)/2) / (positives * negatives)
}

// logLoss clips probabilities to [1e-15, 1-1e-15].
func (r *results) logLoss() float64 {
	sum := 0.0
	for _, p := range r.pTruth {
		sum -= math.Log(min(max(p, 1e-15), 1-1e-15))
	}
	return sum / float64(len(r.pTruth))
}

func (r *results) brier() float64 {
	sum := 0.0
	for _, p := range r.pTruth {
		sum += float64((1 - p) * (1 - p))
	}
	return sum / float64(len(r.pTruth))
}

func (r *results) squares() float64 {
	sum := 0.0
	for i, v := range r.values {
		d := v - r.targets[i]
		sum += float64(d * d)
	}
	return sum
}

func (r *results) r2() float64 {
	mean := floats.Sum(r.targets) / float64(len(r.targets))
	total := 0.0
	for _, v := range r.targets {
		total += float64((v - mean) * (v - mean))
	}
	return 1 - r.squares()/total
}

func (r *results) mae() float64 {
	sum := 0.0
	for i, v := range r.values {
		sum += math.Abs(v - r.targets[i])
	}
	return sum / float64(len(r.values))
}

// all returns every figure that is defined for the task, by name.
func (r *results) all() []Figure {
	var figures []Figure
	for name, kind := range figureKinds() {
		if kind.regression != (r.classes == 0) || kind.binary && r.classes != 2 {
			continue
		}
		if v := kind.compute(r); !math.IsNaN(v) && !math.IsInf(v, 0) {
			figures = append(figures, Figure{Name: name, Value: v})
		}
	}
	sort.Slice(figures, func(i, j int) bool { return figures[i].Name < figures[j].Name })
	return figures
}
