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
	Lost        int64           `json:"lost,omitempty"`         // deleted before they were read, which was accepted

	Topics map[string]string `json:"topics,omitempty"` // what the topics were that this depends on
}

func newSourceCommit() sourceCommit { return sourceCommit{Clock: schemas.Beginning} }

// joinCommit is the metadata of one partition of scores, committed by JOIN.
type joinCommit struct {
	Status labels.Status `json:"join"`
	// EndedAt is where the inputs of the bounded run ended whose last tick is
	// closed: the sum of the ends of all sources, plus 1. 0: none has ended.
	EndedAt int64 `json:"ended_at,omitempty"`

	Topics map[string]string `json:"topics,omitempty"`
}

func newJoinCommit() joinCommit { return joinCommit{Status: labels.Status{Closed: schemas.Beginning}} }

// watchCommit is the metadata of one partition of slices, committed by WATCH.
type watchCommit struct {
	Judged schemas.Instant `json:"judged"`
	Floor  int64           `json:"floor"` // the first slice that a lost memory must read again

	Topics map[string]string `json:"topics,omitempty"`
}

// commitFormat is the version of all metadata. Fields may be added, which an older
// program passes over; what it must not pass over makes a new version, which it
// refuses.
const commitFormat = 1

// decodeCommit reads metadata into v and leaves v as it is where there is none.
func decodeCommit(topic string, partition int32, metadata string, v any) error {
	if metadata == "" {
		return nil
	}
	var written struct {
		Format int `json:"v"`
	}
	err := json.Unmarshal([]byte(metadata), &written)
	if err == nil && written.Format > commitFormat {
		return &personError{fmt.Sprintf("the commit of %s/%d was written by a newer hindsight (format %d, this one reads up to %d): "+
			"upgrade this one too, or stop the newer one and give it back the group's older offsets", topic, partition, written.Format, commitFormat)}
	}
	if err == nil {
		err = json.Unmarshal([]byte(metadata), v)
	}
	if err != nil {
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
	return fmt.Sprintf(`{"v":%d,%s`, commitFormat, b[1:])
}
