package labels

import (
	"fmt"

	"hindsight/labels/store"
	"hindsight/schemas"
)

// record is what stands under an event id.
type record struct {
	kind    byte
	until   schemas.Instant // of a gravestone
	waiting int64           // how many labels wait
}

// get reads what stands under id. A live entry is read into j.entry.
func (j *Join) get(b store.Batch, id string) (r record, err error) {
	value, found, err := b.Get(j.idKey(id))
	if err != nil || !found {
		return r, err
	}
	d := decoder{rest: string(value)}
	switch r.kind = d.byte(); r.kind {
	case liveRecord:
		d.entry(id, &j.entry)
	case graveStone:
		r.until = d.instant()
	case onlyLabels:
		r.waiting = d.int()
	default:
		d.fault()
	}
	if !d.ok() {
		return r, fmt.Errorf("event %q: %w", id, ErrDamaged)
	}
	return r, nil
}

func (j *Join) idKey(id string) []byte {
	j.key = append(j.prefix.key(j.key, idKey), id...)
	return j.key
}

// putEntry writes j.entry.
func (j *Join) putEntry(b store.Batch) error {
	j.value = appendEntry(j.value[:0], &j.entry)
	return b.Set(j.idKey(j.entry.score.EventID), j.value)
}

func (j *Join) putGrave(b store.Batch, id string, until schemas.Instant) error {
	j.value = appendInt(append(j.value[:0], graveStone), int64(until))
	return b.Set(j.idKey(id), j.value)
}

// putWaiting writes how many labels wait for id.
func (j *Join) putWaiting(b store.Batch, id string, n int64) error {
	if n == 0 {
		return b.Delete(j.idKey(id))
	}
	j.value = appendInt(append(j.value[:0], onlyLabels), n)
	return b.Set(j.idKey(id), j.value)
}

// rules returns the settings that an entry lives by.
func (j *Join) rules(e *entry) (*chapter, error) {
	c := j.meta.Timeline.logged(e.rules)
	if c == nil {
		return nil, fmt.Errorf("event %q: no settings of offset %d: %w", e.score.EventID, e.rules, ErrDamaged)
	}
	return c, nil
}
