package scenario

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"

	"hindsight/schemas"
)

// Result is what a run of a scenario showed.
type Result struct {
	Failures []Failure
	Outcomes []schemas.Outcome // everything that was published, in order
	Windows  []schemas.Window
	Alarms   []schemas.Alarm
	text     []byte
}

// Same reports whether both runs published the same.
func (r *Result) Same(as *Result) bool {
	return reflect.DeepEqual([]any{r.Failures, r.Outcomes, r.Windows, r.Alarms}, []any{as.Failures, as.Outcomes, as.Windows, as.Alarms})
}

// Rewritten is the file with what came in place of what was expected.
func (r *Result) Rewritten() []byte { return r.text }

// Run runs the scenario in order, with nothing that fails.
func (s *Scenario) Run() (*Result, error) { return s.run(nil) }

// Shake runs the scenario with other batches, and with crashes of JOIN and
// WATCH, all drawn from seed. What comes must be the same.
func (s *Scenario) Shake(seed uint64) (*Result, error) { return s.run(rand.New(rand.NewPCG(seed, 1))) }

func (s *Scenario) run(dice *rand.Rand) (*Result, error) {
	w, err := newWorld(s, dice)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	k := newChecker(w)
	for i := 0; i < len(s.steps); i++ {
		at := s.steps[i]
		if at.act != nil {
			if err := at.act.apply(w); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", s.Name, at.line, err)
			}
			continue
		}
		end := i
		for end < len(s.steps) && s.steps[end].expect != nil {
			end++
		}
		if err := w.settle(0); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", s.Name, at.line, err)
		}
		k.block(s.steps[i:end])
		i = end - 1
	}
	if err := w.settle(0); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	k.end()
	slices.SortStableFunc(k.failures, func(a, b Failure) int { return a.Line - b.Line })
	r := &Result{Failures: k.failures, Windows: w.watch.windows, Alarms: w.watch.alarms, text: k.rewrite()}
	for _, p := range w.parts {
		r.Outcomes = append(r.Outcomes, p.outcomes...)
	}
	return r, nil
}

// rewrite puts the edits into the file.
func (k *checker) rewrite() []byte {
	var lines []string
	for i, text := range k.w.lines {
		edit, edited := k.edits[i+1]
		indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
		switch {
		case edited:
			for _, e := range edit {
				lines = append(lines, indent+strings.TrimLeft(e, " \t"))
			}
		default:
			lines = append(lines, text)
		}
		for _, a := range k.appends[i+1] {
			lines = append(lines, indent+a)
		}
	}
	return []byte(strings.Join(lines, "\n"))
}
