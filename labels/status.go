package labels

import (
	"encoding/json"
	"fmt"
	"slices"

	"hindsight/schemas"
)

// Status is what a commit tells about the state of a partition, so that a
// state that is behind, or lost, can be brought to the same point. As JSON it
// takes at most 3 KiB.
type Status struct {
	Closed schemas.Instant `json:"closed"` // the last closed tick
	Ledger Ledger          `json:"ledger"`
	Floors Floors          `json:"floors"`
	Raised int64           `json:"raised"`         // records that came after their tick was closed: 0 unless clocks were wrong
	Models []string        `json:"models"`         // whose slices are closed
	Amid   *Amid           `json:"amid,omitempty"` // the tick after Closed, where it is closed in part
}

// Status returns how things stand, to go with the commit of what was added.
func (j *Join) Status() Status {
	return Status{
		Closed: j.meta.Closed,
		Ledger: j.meta.Ledger,
		Floors: j.floors(),
		Raised: j.meta.Raised,
		Models: slices.Clone(j.models),
		Amid:   j.meta.Amid.clone(),
	}
}

func (j *Join) floors() Floors {
	logged := j.lifts.floor(nothing)
	if t := j.meta.Timeline; len(t) > 0 {
		logged = min(logged, t[0].Offset)
	}
	return j.meta.Needs.floors(j.meta.Offsets, logged)
}

// modelBytes is what the models may take of a status. Those beyond it are left
// out: their slices are closed again from their next score on.
const modelBytes = 256

type bareStatus Status

// MarshalJSON implements json.Marshaler.
func (s Status) MarshalJSON() ([]byte, error) {
	for {
		models, err := json.Marshal(s.Models)
		if err != nil {
			return nil, err
		}
		if len(models) <= modelBytes {
			return json.Marshal(bareStatus(s))
		}
		s.Models = s.Models[:len(s.Models)-1]
	}
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Status) UnmarshalJSON(text []byte) error {
	if err := json.Unmarshal(text, (*bareStatus)(s)); err != nil {
		return fmt.Errorf("status of a join: %w", err)
	}
	return nil
}
