package labels

import (
	"encoding/json"
	"fmt"

	"hindsight/labels/store"
	"hindsight/schemas"
)

// format is the version of keys and values. A state of another one is rebuilt.
const format = 1

// meta is what is kept of a partition beside its records.
type meta struct {
	Format     int             `json:"format"`
	Identity   string          `json:"identity"`
	Rebuilding bool            `json:"rebuilding,omitempty"`
	Closed     schemas.Instant `json:"closed"`
	Offsets    Offsets         `json:"offsets"`
	Ledger     Ledger          `json:"ledger"`
	Raised     int64           `json:"raised"`
	Models     []string        `json:"models"`
	Timeline   timeline        `json:"settings"`
	Needs      needs           `json:"needs"`
	Amid       *Amid           `json:"amid,omitempty"`
}

// Save writes into the batch what is not written as it happens. It must be the
// last call before a commit.
func (j *Join) Save(b store.Batch) error {
	j.meta.Needs.mark(j.meta.Closed, j.meta.Offsets, j.floors(), j.coarse())
	j.meta.Models = j.models
	value, err := json.Marshal(&j.meta)
	if err != nil {
		return fmt.Errorf("join of partition %d: %w", j.id, err)
	}
	return b.Set(j.prefix.key(j.key, metaKey), value)
}

func (j *Join) load(r store.Reader) error {
	j.meta = meta{Format: format, Identity: j.config.Identity, Closed: schemas.Beginning}
	value, found, err := r.Get(j.prefix.key(j.key, metaKey))
	if err != nil {
		return err
	}
	if found {
		if err := j.loadMeta(value); err != nil {
			return err
		}
	}
	if err := j.loadLifts(r); err != nil {
		return err
	}
	for _, q := range []struct {
		kind  byte
		first *schemas.Instant
	}{{scoreInbox, &j.earliest.score}, {labelInbox, &j.earliest.label}, {timerKey, &j.earliest.timer}} {
		if *q.first, err = j.first(r, q.kind); err != nil {
			return err
		}
		if !found && *q.first != schemas.Forever {
			return fmt.Errorf("records without offsets: %w", ErrDamaged)
		}
	}
	return nil
}

func (j *Join) loadMeta(value []byte) error {
	var version struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(value, &version); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if version.Format != format {
		return fmt.Errorf("format %d, ours is %d: %w", version.Format, format, ErrForeign)
	}
	if err := json.Unmarshal(value, &j.meta); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if j.meta.Identity != j.config.Identity {
		return fmt.Errorf("%q, ours is %q: %w", j.meta.Identity, j.config.Identity, ErrForeign)
	}
	if j.meta.Rebuilding {
		return ErrUnfinished
	}
	for _, m := range j.meta.Models {
		j.know(m)
		j.told[m] = j.meta.Closed
	}
	return nil
}

func (j *Join) loadLifts(r store.Reader) error {
	lo := j.prefix.key(nil, liftKey)
	return r.Scan(lo, j.prefix.key(nil, liftKey+1), func(key, value []byte) (bool, error) {
		p, ok := placeOf(key[timeAt:])
		d := decoder{rest: string(value)}
		s := step{p.offset, d.instant(), p.read}
		if !ok || !d.ok() {
			return false, fmt.Errorf("lift %x: %w", key, ErrDamaged)
		}
		j.lifts.add(p.source, s)
		return true, nil
	})
}

// first returns the time of the first key of a kind, Forever where there is none.
func (j *Join) first(r store.Reader, kind byte) (schemas.Instant, error) {
	at := schemas.Forever
	lo := j.prefix.timed(nil, kind, j.meta.Closed) // what is before was consumed
	err := r.Scan(lo, j.prefix.key(nil, kind+1), func(key, _ []byte) (bool, error) {
		if len(key) < restAt {
			return false, fmt.Errorf("key %x: %w", key, ErrDamaged)
		}
		at = instantAt(key[timeAt:])
		return false, nil
	})
	return at, err
}
