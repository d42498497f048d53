package app

import (
	"encoding/json"
	"fmt"

	"hindsight/labels"
	"hindsight/schemas"
)

// sourceCommit is the metadata that travels with the committed offset of one
// partition of events (by SCORE) or labels (by JOIN): the clock of the source
// and what became of its records so far.
type sourceCommit struct {
	Clock       schemas.Instant `json:"clock"`
	Read        int64           `json:"read"`
	Scored      int64           `json:"scored,omitempty"`       // events
	InPlace     int64           `json:"in_place,omitempty"`     // labels joined where they lay
	Rerouted    int64           `json:"rerouted,omitempty"`     // labels forwarded to their partition
	DeadLetters int64           `json:"dead_letters,omitempty"` // either
	Marks       []clockMark     `json:"marks,omitempty"`        // labels: where the clock stood before
	Aside       []int64         `json:"aside,omitempty"`        // labels: the latest dead letters' offsets, for those who fold again
}

func newSourceCommit() sourceCommit { return sourceCommit{Clock: schemas.Beginning} }

// joinCommit is the metadata of one partition of scores, committed by JOIN.
type joinCommit struct {
	Status labels.Status `json:"join"`
	// EndedAt is where the inputs of the bounded run ended whose last tick is
	// closed: the sum of the ends of all sources, plus 1. 0: none has ended.
	EndedAt int64 `json:"ended_at,omitempty"`
}

func newJoinCommit() joinCommit { return joinCommit{Status: labels.Status{Closed: schemas.Beginning}} }

// watchCommit is the metadata of one partition of slices, committed by WATCH.
type watchCommit struct {
	Judged schemas.Instant `json:"judged"`
	Floor  int64           `json:"floor"` // the first slice that a lost memory must read again
}

// decodeCommit reads metadata into v and leaves v as it is where there is none.
func decodeCommit(topic string, partition int32, metadata string, v any) error {
	if metadata == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(metadata), v); err != nil {
		return fmt.Errorf("commit of %s/%d has metadata that is not ours (%q): is the group shared with another program? use another kafka.group: %w",
			topic, partition, metadata, err)
	}
	return nil
}

func encodeCommit(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("BUG: commit metadata does not marshal: " + err.Error())
	}
	return string(b)
}
