package alarm

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hindsight/drift/metric"
	"hindsight/schemas"
)

// Everything is the entry of Rule.Segments that selects the whole and each
// value of every segment field.
const Everything = "*"

// Rule watches one metric of one window against one bound, or the label feed.
type Rule struct {
	Name   string
	Feed   string // "", or what of the label feed is watched: Coverage, …
	Metric string // as in metric.Names, or the Figure of Feed
	Window string // name of a window; none for Silent
	// After is how long after its end a window is judged, for Coverage, Slow and Orphans.
	After time.Duration
	// For is how long scores go on without a label until that is silence.
	For time.Duration
	// Segments selects what is watched, each with a life cycle of its own:
	// nothing for the whole alone, else any of "" (the whole), a field (each of
	// its values), field=value (that one), Everything.
	Segments []string
	// Exactly one of Below and Above is the bound.
	Below, Above *float64
	Clear        *float64 // the point value at or past which a firing alarm resolves; nil: the bound
	MinLabels    int64    // outcomes that the metric must rest on; for Coverage: scores; for Slow: labels that are due
	MinCoverage  float64  // in [0, 1]
	MinMaturity  float64  // in [0, 1]; 0: the maturity does not matter
	Confidence   float64  // of the two-sided interval, in (0, 1)
	Hold         time.Duration
	Severity     string
}

// Bound is the limit, and whether being below it is the fault.
func (r *Rule) Bound() (bound float64, below bool) {
	if r.Feed == Silent {
		return r.For.Seconds(), false
	}
	if r.Below != nil {
		return *r.Below, true
	}
	return *r.Above, false
}

func (r *Rule) clear() float64 {
	if r.Clear != nil {
		return *r.Clear
	}
	bound, _ := r.Bound()
	return bound
}

// Covers reports whether the rule watches the segment, "" or field=value.
func (r *Rule) Covers(segment string) bool {
	if len(r.Segments) == 0 {
		return segment == ""
	}
	field, _, _ := strings.Cut(segment, "=")
	return slices.ContainsFunc(r.Segments, func(entry string) bool {
		return entry == Everything || entry == segment || segment != "" && entry == field
	})
}

// Suffices reports whether what a window says is evidence enough to be judged.
// An undefined figure never is, nor, where it matters, an unknown maturity.
func (r *Rule) Suffices(x Reading) bool {
	if r.MinMaturity > 0 && (x.Maturity == nil || *x.Maturity < r.MinMaturity) {
		return false
	}
	return x.Metric.Undefined == "" && x.Metric.N >= r.MinLabels && x.Coverage >= r.MinCoverage
}

// Counts are what costs nothing to look at in a window.
type Counts struct {
	Scored, Labelled int64
	Told             int64 // labels, with and without a score
	Coverage         float64
}

// Promises reports whether a window may suffice.
func (r *Rule) Promises(n Counts) bool {
	switch r.Feed {
	case Coverage, Slow:
		return n.Scored >= r.MinLabels
	case Orphans, Conflicts:
		return n.Told >= r.MinLabels
	}
	return n.Labelled >= r.MinLabels && n.Coverage >= r.MinCoverage
}

// past reports whether the whole interval is on the wrong side of the bound.
func (r *Rule) past(m schemas.Metric) bool {
	bound, below := r.Bound()
	if below {
		return m.High < bound
	}
	return m.Low > bound
}

// cleared reports whether the point value has come back past Clear.
func (r *Rule) cleared(m schemas.Metric) bool {
	if _, below := r.Bound(); below {
		return m.Value >= r.clear()
	}
	return m.Value <= r.clear()
}

// Validate returns every fault of the rule at once. Whether its window exists
// is for the caller to say.
func (r *Rule) Validate() error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("alarm %q: "+format, append([]any{r.Name}, args...)...))
	}
	if r.Name == "" {
		fault("name is missing")
	}
	if r.Hold < 0 {
		fault("hold is %v: it cannot be negative", r.Hold)
	}
	if r.Feed == Silent {
		if r.For <= 0 {
			fault("for is %v: say how long scores go on without a label until that is silence", r.For)
		}
		return errors.Join(faults...)
	}
	if r.After < 0 {
		fault("after is %v: it cannot be negative", r.After)
	}
	if _, err := metric.Named(r.Metric); err != nil {
		fault("%w", err)
	}
	switch {
	case r.Below == nil && r.Above == nil:
		fault("neither below nor above is set: give one bound")
	case r.Below != nil && r.Above != nil:
		fault("below and above are both set: give one bound, or write two rules")
	default:
		r.validateBound(fault)
	}
	if r.MinLabels < 0 {
		fault("min_labels is %d: it cannot be negative", r.MinLabels)
	}
	if !(r.MinCoverage >= 0 && r.MinCoverage <= 1) {
		fault("min_coverage is %v: it must lie in [0, 1]", r.MinCoverage)
	}
	if !(r.MinMaturity >= 0 && r.MinMaturity <= 1) {
		fault("min_maturity is %v: it must lie in [0, 1]", r.MinMaturity)
	}
	if !(r.Confidence > 0 && r.Confidence < 1) {
		fault("confidence is %v: it must lie between 0 and 1, 0.95 for instance", r.Confidence)
	}
	return errors.Join(faults...)
}

func (r *Rule) validateBound(fault func(string, ...any)) {
	bound, below := r.Bound()
	if !finite(bound) {
		fault("the bound is %v: it must be a finite number", bound)
	}
	if !finite(r.clear()) {
		fault("clear is %v: it must be a finite number", r.clear())
	}
	switch clear := r.clear(); {
	case below && clear < bound:
		fault("clear %v is under below %v: an alarm would resolve while it fires", clear, bound)
	case !below && clear > bound:
		fault("clear %v is over above %v: an alarm would resolve while it fires", clear, bound)
	}
}

func finite(x float64) bool { return x-x == 0 }
