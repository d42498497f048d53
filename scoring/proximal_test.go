package scoring

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"hindsight/scoring/model"
)

// l1Case is one of scikit-learn's answers in testdata/l1.json.
type l1Case struct {
	Name      string
	Data      string
	Kind      string
	Classes   []string
	L1, L2    float64
	Scaled    bool
	Coef      [][]float64
	Intercept []float64
}

func (c *l1Case) spec(header []string) string {
	var b strings.Builder
	task := map[bool]string{true: "regression", false: "classification"}[c.Kind == "linear"]
	fmt.Fprintf(&b, "name: n\nversion: 1\ntask: %s\nmodel: {format: linear}\ntrain: {kind: %s, l1: %v, l2: %v}\n", task, c.Kind, c.L1, c.L2)
	if len(c.Classes) > 0 {
		fmt.Fprintf(&b, "classes: [%s]\n", strings.Join(c.Classes, ", "))
	}
	inputs, prepared := "inputs:\n", "preparation:\n"
	for _, name := range header[:len(header)-1] {
		inputs += "  - {name: " + name + ", type: number}\n"
		prepared += "  - {input: " + name + ", scale: fit}\n"
	}
	b.WriteString(inputs)
	if c.Scaled {
		b.WriteString(prepared)
	}
	return b.String()
}

// rows are those of the data whose class the case knows.
func (c *l1Case) rows(t *testing.T) *Table {
	data := readTableFile(t, "testdata/"+c.Data+".csv")
	if len(c.Classes) == 0 {
		return data
	}
	kept := &Table{Name: data.Name, Header: data.Header}
	for i, row := range data.Rows {
		if slices.Contains(c.Classes, row[len(row)-1]) {
			kept.Rows, kept.Lines = append(kept.Rows, row), append(kept.Lines, data.Lines[i])
		}
	}
	return kept
}

func TestTrainL1LikeScikitLearn(t *testing.T) {
	var cases []l1Case
	if err := json.Unmarshal([]byte(readText(t, "testdata/l1.json")), &cases); err != nil {
		t.Fatal(err)
	}
	zeros := 0
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			data := c.rows(t)
			s, err := parseSpec([]byte(c.spec(data.Header)))
			if err != nil {
				t.Fatal(err)
			}
			first, err := s.fit(data, "target")
			if err != nil {
				t.Fatal(err)
			}
			again, err := s.fit(data, "target")
			if err != nil || string(first.model.AppendJSON(nil)) != string(again.model.AppendJSON(nil)) {
				t.Errorf("a second training gave other bytes, %v", err)
			}
			for k, row := range c.Coef {
				for j, want := range row {
					got := first.model.Coef[k][j]
					if math.Abs(got-want) > 1e-6*max(1, math.Abs(want)) || (got == 0) != (want == 0) {
						t.Errorf("coefficient %d of row %d is %v, scikit-learn's %v", j, k, got, want)
					}
					if got == 0 {
						zeros++
					}
				}
				// An equal shift of all intercepts of a softmax changes nothing.
				got := first.model.Intercept[k] - first.model.Intercept[0]
				want := c.Intercept[k] - c.Intercept[0]
				if len(c.Coef) == 1 {
					got, want = first.model.Intercept[0], c.Intercept[0]
				}
				if math.Abs(got-want) > 1e-6*max(1, math.Abs(want)) {
					t.Errorf("intercept %d is %v, scikit-learn's %v", k, got, want)
				}
			}
		})
	}
	if zeros < 20 {
		t.Errorf("%d coefficients are exactly 0", zeros)
	}
}

// Whatever the rows, the answer is where no subgradient is left, and adding
// any step makes it worse.
func TestProximalNewtonIsAtTheMinimum(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 1))
	for _, kind := range []model.Objective{model.Linear, model.Logistic, model.Multinomial} {
		for range 2 {
			set := &trainingSet{width: 5, start: []int{0}}
			for range 40 {
				for c := range int32(4) { // the fifth column has no value
					if random.IntN(3) > 0 {
						set.columns, set.values = append(set.columns, c), append(set.values, random.NormFloat64()*math.Pow(10, float64(c)))
					}
				}
				set.start = append(set.start, len(set.columns))
				set.classes = append(set.classes, random.IntN(map[model.Objective]int{model.Multinomial: 4}[kind]+2)%4)
				set.targets = append(set.targets, random.NormFloat64()*100)
			}
			if kind == model.Logistic {
				for i := range set.classes {
					set.classes[i] %= 2
				}
			}
			o := newObjective(set, kind, 4, math.Exp(4*random.NormFloat64()), []float64{0, 1}[random.IntN(2)])
			w, _ := proximalNewton(o)
			gradient := make([]float64, len(w))
			o.gradient(gradient, w)
			if largest := o.subgradient(w, gradient); !(largest < gradientAccepted) {
				t.Errorf("%s, l1 %v: a subgradient of %v is left", kind, o.l1, largest)
			}
			lowest, near := o.value(w)+o.penalty(w), make([]float64, len(w))
			for range 10 {
				for j := range near {
					near[j] = w[j] + 0.01*random.NormFloat64()
				}
				if v := o.value(near) + o.penalty(near); v < lowest-1e-12 {
					t.Errorf("%s, l1 %v: %v beside the minimum of %v", kind, o.l1, v, lowest)
				}
			}
		}
	}
}

func TestTrainL1RefusesWhatIsTooWide(t *testing.T) {
	set := &trainingSet{width: maxProximalParameters, start: []int{0, 0}, targets: []float64{1}}
	_, err := minimise(set, model.Linear, 1, 1, 0)
	wantErrors(t, err, "train.l1 takes at most 2000 coefficients, this model has 2001")
}
