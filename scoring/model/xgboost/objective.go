package xgboost

import (
	"fmt"
	"math"

	"hindsight/scoring/model/libm"
)

// link is how margins become predictions.
type link int

const (
	identity link = iota
	logistic
	step // 1 above 0
	exponential
	softmax
)

func (l link) probability() bool { return l == logistic || l == step || l == softmax }

// links are the objectives by name.
func links() map[string]link {
	return map[string]link{
		"reg:squarederror": identity, "reg:linear": identity, "reg:squaredlogerror": identity,
		"reg:pseudohubererror": identity, "reg:absoluteerror": identity, "reg:quantileerror": identity,
		"binary:logitraw": identity, "rank:pairwise": identity, "rank:ndcg": identity, "rank:map": identity,
		"binary:logistic": logistic, "reg:logistic": logistic,
		"binary:hinge":  step,
		"count:poisson": exponential, "reg:gamma": exponential, "reg:tweedie": exponential,
		"survival:cox": exponential, "survival:aft": exponential,
		"multi:softprob": softmax, "multi:softmax": softmax,
	}
}

// objective turns margins into predictions. That of multi:softmax is the class
// in XGBoost; here it is what multi:softprob says of the same margins, of
// which the class is the largest.
type objective struct {
	name string
	link link
}

func parseObjective(name string, outputs int) (objective, error) {
	l, ok := links()[name]
	if !ok {
		return objective{}, fmt.Errorf("objective %q is not supported", name)
	}
	if outputs > 1 && l != softmax {
		return objective{}, fmt.Errorf("objective %q with %d targets: models of several targets are not supported", name, outputs)
	}
	return objective{name, l}, nil
}

// leastProbability is XGBoost's kRtEps: a base score is kept so far from 0 and 1.
const leastProbability = float32(1e-6)

// margin is what a base score, which is in the scale of predictions, starts a sum with.
func (o *objective) margin(score float32) (float32, error) {
	switch o.link {
	case logistic:
		if !(score >= 0 && score <= 1) {
			return 0, fmt.Errorf("%v is not a probability", score)
		}
		score = min(max(score, leastProbability), 1-leastProbability)
		return -libm.Logf(1/score - 1), nil
	case exponential:
		if !(score > 0) {
			return 0, fmt.Errorf("%v is not positive", score)
		}
		return libm.Logf(score), nil
	}
	return score, nil
}

// transform writes what XGBoost's predict returns for margins, all of them float32.
func (o *objective) transform(out, margins []float64) {
	for i, wide := range margins {
		x := float32(wide)
		switch o.link {
		case logistic:
			const nearOne = float32(1e-16) // XGBoost adds it; 1 swallows it
			x = 1 / (libm.Expf(min(-x, 88.7)) + 1 + nearOne)
		case step:
			if x > 0 {
				x = 1
			} else {
				x = 0
			}
		case exponential:
			x = libm.Expf(x)
		}
		out[i] = float64(x)
	}
	if o.link == softmax {
		normalise(out)
	}
}

// normalise replaces margins by their softmax: float32 but for the sum.
func normalise(out []float64) {
	largest := float32(math.Inf(-1))
	for _, v := range out {
		largest = max(largest, float32(v))
	}
	sum := 0.0
	for i, v := range out {
		e := libm.Expf(float32(v) - largest)
		out[i] = float64(e)
		sum += out[i]
	}
	for i, v := range out {
		out[i] = float64(float32(v) / float32(sum))
	}
}
