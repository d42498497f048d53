package lightgbm

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"hindsight/scoring/model/libm"
)

// kind is what an objective does to the sums.
type kind int

const (
	identity kind = iota
	square        // sign(x)·x², of a regression on square roots
	sigmoid       // 1/(1+exp(-s·x)), each sum on its own
	softmax
	exponential // exp(x)
	softplus    // log(1+exp(x))
)

func (k kind) probability() bool { return k == sigmoid || k == softmax }

// kinds are the objectives by the names that files have for them.
func kinds() map[string]kind {
	return map[string]kind{
		"binary": sigmoid, "multiclassova": sigmoid, "cross_entropy": sigmoid, "xentropy": sigmoid,
		"multiclass": softmax, "softmax": softmax,
		"cross_entropy_lambda": softplus, "xentlambda": softplus,
		"poisson": exponential, "gamma": exponential, "tweedie": exponential,
		"regression": identity, "regression_l2": identity, "regression_l1": identity, "huber": identity,
		"fair": identity, "quantile": identity, "mape": identity,
		"lambdarank": identity, "rank_xendcg": identity,
	}
}

// objective turns sums into answers.
type objective struct {
	text  string // as in the file
	kind  kind
	slope float64 // the s of sigmoid
	parts float64 // iterations, where the sums are averaged first (random forests), else 0
}

// parseObjective reads a line like "multiclassova num_class:4 sigmoid:1"; ""
// stands for a training with an objective of the user's own.
func parseObjective(text string, outputs int) (objective, error) {
	o := objective{text: text, slope: 1}
	words := strings.Fields(text)
	if len(words) == 0 {
		o.text = "custom"
		if outputs > 1 {
			return o, fmt.Errorf("has no objective and %d outputs: what they mean is not in the file", outputs)
		}
		return o, nil
	}
	name := words[0]
	k, ok := kinds()[name]
	if !ok {
		return o, fmt.Errorf("objective %q is not supported", name)
	}
	o.kind = k
	classes := 1
	for _, word := range words[1:] {
		key, value, _ := strings.Cut(word, ":")
		var err error
		switch {
		case word == "sqrt" && k == identity:
			o.kind = square
		case word == "sqrt" && k == exponential: // LightGBM takes no notice of it either
		case key == "sigmoid" && k == sigmoid:
			o.slope, err = strconv.ParseFloat(value, 64)
			if err == nil && !(o.slope > 0 && o.slope-o.slope == 0) {
				err = fmt.Errorf("is not positive")
			}
		case key == "num_class" && (name == "multiclassova" || k == softmax):
			classes, err = strconv.Atoi(value)
		default:
			err = fmt.Errorf("is not known")
		}
		if err != nil {
			return o, fmt.Errorf("objective %q: %q %w", text, word, err)
		}
	}
	if classes != outputs {
		return o, fmt.Errorf("objective %q is about %d outputs, the trees have %d", text, classes, outputs)
	}
	return o, nil
}

// transform writes what LightGBM's predict returns for the sums raw.
func (o *objective) transform(out, raw []float64) {
	for i, x := range raw {
		if o.parts > 0 {
			x /= o.parts
		}
		switch o.kind {
		case square:
			x = math.Copysign(float64(x*x), x)
		case sigmoid:
			x = 1 / (1 + libm.Exp(float64(-o.slope*x)))
		case exponential:
			x = libm.Exp(x)
		case softplus:
			x = libm.Log1pOfPositive(libm.Exp(x))
		}
		out[i] = x
	}
	if o.kind == softmax {
		normalise(out)
	}
}

// normalise replaces scores by their softmax.
func normalise(out []float64) {
	largest := out[0]
	for _, v := range out[1:] {
		largest = max(largest, v)
	}
	sum := 0.0
	for i, v := range out {
		out[i] = libm.Exp(v - largest)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
}
