package dashboard

import (
	"slices"
	"strings"

	"hindsight/schemas"
)

// Snapshot is what the process knows at one moment, as values that nobody
// changes any more. Slices may be shared between snapshots.
type Snapshot struct {
	Title   string // of the page, e.g. the demo's data set
	Model   string
	Version string // the champion's

	StreamTime  schemas.Instant // the last judged instant; Beginning: none yet
	WallSeconds float64         // since the start
	Speed       float64         // seconds of stream time per second; 0: not known
	Done        bool            // every input was read to its end
	Stalled     string          // the source that holds time, "" where time moves
	Ready       bool
	ReadyReason string // why it is not ready

	Events      int64 // read
	Scores      int64 // published
	DeadLetters int64 // events that could not be scored
	LabelsRead  int64 // labels read, whatever became of them

	Labels   map[string]int64 // by bucket, see LabelBuckets
	Outcomes map[string]int64 // scores by their latest outcome, see OutcomeKinds

	Windows    []schemas.Window // the last revision of every window known
	Alarms     []schemas.Alarm  // every change of state, in order
	Rules      []Rule
	Sources    []Source
	Partitions []Partition
}

// Rule is an alarm rule on a metric, as far as a chart shows it.
type Rule struct {
	Name, Metric, Window, Severity string
	Bound                          float64
	Below                          bool     // fires below the bound, else above
	MinCoverage                    float64  // that a window needs to be judged
	Clear                          float64  // the value past which it resolves; Bound where the rule has no own
	Segments                       []string // what is watched, as Covers reads it
}

// Covers says whether the rule watches the segment, "" or field=value: the
// whole alone where Segments is empty, else what it lists: "" (the whole), a
// field (each of its values), field=value, or "*" (everything).
func (r Rule) Covers(segment string) bool {
	if len(r.Segments) == 0 {
		return segment == ""
	}
	field, _, _ := strings.Cut(segment, "=")
	return slices.ContainsFunc(r.Segments, func(entry string) bool {
		return entry == "*" || entry == segment || segment != "" && entry == field
	})
}

// Source is one partition of events or labels, with its clock.
type Source struct {
	Topic     string
	Partition int32
	Clock     schemas.Instant // Beginning: it has shown nothing yet
	Ended     bool            // a bounded run has read it to its end
	Idle      bool            // lifted: it does not hold time
}

// Partition is one partition of scores.
type Partition struct {
	Partition  int32
	ClosedTick schemas.Instant // the last tick closed; Beginning: none
}

// Pending returns how many scores wait for their label.
func (s Snapshot) Pending() int64 { return s.Outcomes["pending"] }

// Coverage returns the share of the distinct scores that have a truth, assumed
// ones included, in [0, 1]; ok is false where there is no score.
func (s Snapshot) Coverage() (share float64, ok bool) {
	scores := s.Scores - s.Outcomes["duplicate"]
	if scores <= 0 {
		return 0, false
	}
	return float64(s.Outcomes["matched"]+s.Outcomes["assumed"]) / float64(scores), true
}
