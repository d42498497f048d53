package schemas

// AlarmState is where an alarm stands in its life cycle.
type AlarmState uint8

// The states of an alarm.
const (
	Unknown AlarmState = iota // too little evidence; neither good nor bad
	OK
	Pending // past the bound, but not yet for as long as `hold`
	Firing
	Resolved
)

// Alarm is one change of state of one rule for one model, version and segment,
// of all versions where the rule listens for silence.
type Alarm struct {
	ID         string // of the episode: pending, firing and resolved share it
	Name       string // of the rule
	State      AlarmState
	Previous   AlarmState
	At         Instant // of the judgement, stream time
	Since      Instant // when this episode began
	Severity   string
	Model      string
	Version    string // "" for all of them
	Segment    string
	Window     string
	Start, End Instant // of the window that was judged
	Metric     string
	Value      float64
	Low, High  float64
	N          int64
	Coverage   float64
	Bound      float64
	Text       string // one line for a person
}

// WatchState is what WATCH remembers of one model beside its sums.
type WatchState struct {
	Model  string
	Judged Instant // the last judged instant
	Alarms []AlarmMemory
}

// AlarmMemory is the state of one rule for one version and segment.
type AlarmMemory struct {
	Name, Version, Segment string
	State                  AlarmState
	ID                     string
	Since                  Instant // when the episode began
	PastSince              Instant // since when the bound is passed without interruption; Beginning: it is not
	Last                   Alarm   // the last record published
}

// ModelState is which versions of a model answer, and why.
type ModelState struct {
	Model       string
	Champion    string
	Challengers []string
	By          string
	At          Instant // wall clock
	Why         string
	Evidence    string
}
