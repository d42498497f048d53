package labels

import (
	"bytes"
	"maps"
	"slices"

	"hindsight/labels/store"
	"hindsight/schemas"
)

// Amid is how far a tick is closed that spans several commits. What falls due
// at it is done in order of queues and keys, so a place says what is done.
type Amid struct {
	Tick  schemas.Instant  `json:"tick"`
	Queue int              `json:"queue"` // of queueOrder: those before are done
	Key   []byte           `json:"key"`   // the last that was done of the queue, without the partition
	Parts map[string]int32 `json:"parts"` // how many slices of the tick were published, by model
}

// queueOrder is the order in which a tick empties the queues.
func queueOrder() []byte { return []byte{scoreInbox, labelInbox, timerKey} }

// What a place may take of a commit's metadata.
const (
	maxAmidKey    = 512
	maxAmidModels = 8
)

// full reports whether what is staged should be committed before more is decided.
func (j *Join) full(b store.Batch) bool {
	c := &j.config
	return c.BatchBytes > 0 && b.Size() > c.BatchBytes || c.BatchCount > 0 && j.emitted >= c.BatchCount
}

// pausesAt reports whether the tick may be left after key: a place must be
// short, and a Settle stops where the commit did.
func (j *Join) pausesAt(b store.Batch, key []byte) bool {
	return j.full(b) && len(key) <= maxAmidKey && len(j.models) <= maxAmidModels
}

// beyond reports whether a key of a queue is past the place where a Settle stops.
func (a *Amid) beyond(queue int, key []byte) bool {
	return a != nil && (queue > a.Queue || queue == a.Queue && bytes.Compare(key[kindAt:], a.Key) > 0)
}

// leave notes the place at which the tick is left, and publishes what it added so far.
func (j *Join) leave(tick schemas.Instant, queue int, key []byte) error {
	if j.meta.Amid == nil {
		j.meta.Amid = &Amid{Tick: tick, Parts: map[string]int32{}}
	}
	j.meta.Amid.Queue, j.meta.Amid.Key = queue, slices.Clone(key[kindAt:])
	// Before the first part of a tick stands the close of the one before it.
	if err := j.tell(); err != nil {
		return err
	}
	return j.emitSlices(true)
}

func (a *Amid) clone() *Amid {
	if a == nil {
		return nil
	}
	c := *a
	c.Key, c.Parts = slices.Clone(a.Key), maps.Clone(a.Parts)
	return &c
}
