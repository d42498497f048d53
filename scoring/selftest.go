package scoring

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"hindsight/scoring/model"
)

// Option changes what Load and Test ask for.
type Option func(*options)

type options struct {
	require     []string
	keys        []ed25519.PublicKey
	onnxRuntime string
}

// Require makes the absence of the named checks fatal, such as CheckGolden.
func Require(checks ...string) Option {
	return func(o *options) { o.require = append(o.require, checks...) }
}

// Load opens the bundle in dir and runs its tests. Where one fails, the error
// says which row, what was expected and what came, and there is no bundle;
// the certificate is there whenever the bundle could be parsed.
func Load(dir string, opts ...Option) (*Bundle, *Certificate, error) {
	b, err := Open(dir)
	if err != nil {
		return nil, nil, err
	}
	c, err := b.Test(opts...)
	if err == nil {
		err = c.Err()
	}
	if err != nil {
		return nil, c, bundleError(dir, err)
	}
	return b, c, nil
}

// Test runs the tests of the bundle. The error is of the options, of reading
// files or an [ErrNoRuntime], not of a failed check.
func (b *Bundle) Test(opts ...Option) (*Certificate, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	f, err := openFiles(b.dir)
	if err != nil {
		return nil, err
	}
	c := &Certificate{Name: b.Name, Version: b.Version, Digest: b.Digest, Passed: true}
	c.Add(Check{Name: CheckParse, Result: Passed, Detail: fmt.Sprintf("%d inputs, %d features, %s", len(b.plan.inputs), len(b.plan.columns), b.spec.Model.Format)})
	if len(o.keys) > 0 || slices.Contains(o.require, CheckSignature) {
		c.Add(b.checkSignature(f, o.keys))
	}
	if m, ok := b.model.(hosted); ok {
		if err := b.start(m, c, &o); err != nil || !c.Passed {
			return c, errors.Join(err, f.close())
		}
	}
	c.Add(b.checkPreparation())
	golden, goldenRows := b.checkGolden(f)
	c.Add(golden)
	performance, performanceRows := b.checkPerformance(f)
	c.Add(performance)
	rows := append(goldenRows, performanceRows...)
	c.Add(b.checkReference(rows))
	c.Add(b.checkRepeatable(rows))
	return c, errors.Join(f.close(), c.require(o.require))
}

// failure collects what is wrong with the rows of one check; it words the
// first few and counts the rest.
type failure struct {
	texts []string
	more  int
}

const toldFailures = 3

func (f *failure) add(format string, args ...any) {
	if len(f.texts) == toldFailures {
		f.more++
		return
	}
	f.texts = append(f.texts, fmt.Sprintf(format, args...))
}

// result closes the check: passed where nothing was added.
func (f *failure) result(check Check) Check {
	check.Result = Passed
	if len(f.texts) > 0 {
		check.Result = Failed
		check.Detail = strings.Join(f.texts, "; ")
		if f.more > 0 {
			check.Detail += fmt.Sprintf("; and %d more", f.more)
		}
	}
	return check
}

// broken is the check that could not be run.
func broken(name string, err error) Check {
	return Check{Name: name, Result: Failed, Detail: err.Error()}
}

// checkReference compares the fast evaluator with the Reference bit for bit,
// on the rows given and on made-up ones: each column small, large and
// negative, each block with each indicator.
func (b *Bundle) checkReference(rows []testRow) Check {
	check := Check{Name: CheckReference}
	if m, ok := b.model.(hosted); ok {
		check.Result, check.Detail = NotShown, m.Runtime()+" alone evaluates this format"
		return check
	}
	var wrong failure
	fast, reference := b.NewScorer(), b.model.Reference()
	n := b.model.Outputs()
	raw, out := make([]float64, n), make([]float64, n)
	compare := func(place string, row model.Row) {
		fast.evaluator.Evaluate(fast.raw, fast.out, row)
		reference.Evaluate(raw, out, row)
		check.Rows++
		if !sameBits(raw, fast.raw) || !sameBits(out, fast.out) {
			wrong.add("%s: the reference says %v, the fast evaluator %v", place, out, fast.out)
		}
	}
	for _, row := range rows {
		if fast.preparer.prepare(row.raw.numbers, row.raw.texts, row.raw.times) == nil {
			compare(row.place, fast.preparer.row)
		}
	}
	b.probe(compare)
	if trees, ok := b.model.(prober); ok {
		trees.Probe(b.probes(), func(x []float64) { compare("made-up row at a threshold", model.Row{X: x}) })
	}
	return wrong.result(check)
}

// prober is a model that knows the rows at which its evaluators could differ.
type prober interface {
	Probe(most int, visit func(x []float64))
	Steps() int // about what one row costs at most
}

// The made-up rows of either kind are bounded, and what they cost all together.
const (
	maxProbes     = 4096
	maxProbeSteps = 1 << 26
)

// probes is how many made-up rows of either kind there may be.
func (b *Bundle) probes() int {
	steps := len(b.plan.columns) * b.model.Outputs()
	if trees, ok := b.model.(prober); ok {
		steps = trees.Steps()
	}
	return max(1, min(maxProbes, maxProbeSteps/max(steps, 1)))
}

// probe calls f with made-up prepared rows.
func (b *Bundle) probe(f func(place string, row model.Row)) {
	p := newPreparer(b.plan)
	left := b.probes()
	call := func(what, column string) {
		if left--; left >= 0 {
			f("made-up row with "+what+" in "+column, p.row)
		}
	}
	call("zeros", "all")
	for i := range b.plan.features {
		ft := &b.plan.features[i]
		if ft.block == none {
			if left <= 0 {
				return
			}
			for _, v := range [...]float64{1, -1, 1e-300, -1e9, 1e9, 0.1} {
				p.row.X[ft.at] = v
				call("a number", b.plan.columns[ft.at])
			}
			continue
		}
		for k := range b.plan.blocks[ft.block].Len {
			if left <= 0 {
				return
			}
			p.setHot(ft, int32(k))
			call("the indicator", b.plan.columns[ft.at+k])
		}
	}
}

func sameBits(a, b []float64) bool {
	for i := range a {
		if math.Float64bits(a[i]) != math.Float64bits(b[i]) && (a[i] == a[i] || b[i] == b[i]) { // any NaN is like another
			return false
		}
	}
	return true
}

// checkRepeatable scores the rows forwards and, with another scorer,
// backwards: an answer must not depend on what was scored before.
func (b *Bundle) checkRepeatable(rows []testRow) Check {
	check := Check{Name: CheckRepeatable, Rows: len(rows)}
	if len(rows) == 0 {
		check.Result = NotShown
		return check
	}
	type outcome struct {
		out    []float64
		failed bool
	}
	score := func(s *Scorer, row testRow) outcome {
		_, err := s.Score(row.raw.numbers, row.raw.texts, row.raw.times)
		return outcome{append([]float64(nil), s.out...), err != nil}
	}
	first := make([]outcome, len(rows))
	s := b.NewScorer()
	for i, row := range rows {
		first[i] = score(s, row)
	}
	var wrong failure
	s = b.NewScorer()
	for i := len(rows) - 1; i >= 0; i-- {
		again := score(s, rows[i])
		if again.failed != first[i].failed || !again.failed && !sameBits(again.out, first[i].out) {
			wrong.add("%s: answered %v once and %v once", rows[i].place, first[i].out, again.out)
		}
	}
	return wrong.result(check)
}
