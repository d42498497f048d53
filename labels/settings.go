package labels

import (
	"errors"
	"fmt"
	"time"

	"hindsight/schemas"
)

// Policy says which of several truths for one event stands.
type Policy string

// The policies. Labels are ordered by (label time, arrival, source topic,
// partition, offset).
const (
	Latest   Policy = "latest"   // the truth of the last label
	First    Policy = "first"    // the truth of the first label
	Majority Policy = "majority" // the most frequent truth, among equals that of the last label
)

// Settings are what decides about outcomes. They are logged, as JSON, in
// labels-rerouted and are in force for the ticks after From.
type Settings struct {
	From        schemas.Instant  `json:"from"`               // Join.Closed() when they are logged
	Tick        time.Duration    `json:"tick"`               // whole microseconds, > 0
	Horizon     time.Duration    `json:"horizon"`            // how long after its event time a score waits for a label
	Horizons    []SegmentHorizon `json:"horizons,omitempty"` // of segments; the first that applies holds
	Grace       time.Duration    `json:"grace"`              // how much later a label still counts
	Early       time.Duration    `json:"early"`              // how long a label waits for its score
	Missing     string           `json:"missing"`            // the class that is assumed without a label, "" for none
	Conflict    Policy           `json:"conflict"`
	EventsClock string           `json:"events_clock"` // these two are logged for those who stamp arrivals
	LabelsClock string           `json:"labels_clock"`
}

// Validate returns everything that is wrong with s.
func (s Settings) Validate() error {
	var faults []error
	if s.Tick <= 0 || s.Tick%time.Microsecond != 0 {
		faults = append(faults, fmt.Errorf("tick %v is not a positive number of microseconds", s.Tick))
	}
	for _, d := range []struct {
		name string
		time.Duration
	}{{"horizon", s.Horizon}, {"grace", s.Grace}, {"early", s.Early}} {
		if d.Duration < 0 {
			faults = append(faults, fmt.Errorf("%s %v is negative", d.name, d.Duration))
		}
	}
	for i, h := range s.Horizons {
		if h.Horizon < 0 || len(h.Segment) == 0 {
			faults = append(faults, fmt.Errorf("horizon %d, %v of segment %v, is negative or of no segment", i, h.Horizon, h.Segment))
		}
	}
	switch s.Conflict {
	case Latest, First, Majority:
	default:
		faults = append(faults, fmt.Errorf("conflict %q is none of %s, %s, %s", s.Conflict, Latest, First, Majority))
	}
	return errors.Join(faults...)
}
