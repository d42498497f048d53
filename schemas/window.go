package schemas

// WindowState says how much of a window's truth is in.
type WindowState uint8

// The states of a window.
const (
	Provisional WindowState = iota
	Mature                  // it has ended, and the share of its labels that should be in suffices
	Final                   // every clock has passed its end + horizon + grace; published exactly once
)

// Window is the metrics of one window of one version and segment, as of an
// instant of stream time. Readers keep the highest Revision of each key.
type Window struct {
	Model      string
	Name       string // of the window in the configuration
	Clock      Clock
	Start, End Instant
	Version    string
	Segment    string
	State      WindowState
	Revision   int32 // from 1
	At         Instant
	Scored     int64
	Labelled   int64 // outcomes with a truth, assumed ones included
	Assumed    int64
	Unlabelled int64
	Late       int64    // outcomes that came after the window was final and are not in it
	Coverage   float64  // Labelled / Scored, 0 where Scored is 0
	Maturity   *float64 // share of the labels that will ever come that should have come by At; nil: MaturityUndefined says why
	Metrics    []Metric

	MaturityUndefined string     // "", not learnt, label clock
	FinalBy           Instant    // the instant at which it is final; Beginning where the record does not say
	Values            []ValueBin // event clock: the scores by value and by whether they have a truth
}

// Metric is one figure with its two-sided interval. Where it is not defined,
// Undefined says why and the figures are 0.
type Metric struct {
	Name             string
	Value, Low, High float64
	N                int64
	Undefined        string // "", empty, one class, too few, no probability
}
