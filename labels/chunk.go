package labels

import (
	"bytes"
	"fmt"

	"hindsight/labels/store"
	"hindsight/schemas"
)

// chunkSize is how many keys are read before they are applied.
const chunkSize = 512

// manyKeys is from how many keys on a range costs readers less than a tombstone each.
const manyKeys = 64

// chunk is a copy of some keys and values of a queue.
type chunk struct {
	bytes []byte
	ends  []int // of key, value, key, value, …
}

func (c *chunk) reset()   { c.bytes, c.ends = c.bytes[:0], c.ends[:0] }
func (c *chunk) len() int { return len(c.ends) / 2 }

func (c *chunk) add(key, value []byte) {
	c.bytes = append(c.bytes, key...)
	c.ends = append(c.ends, len(c.bytes))
	c.bytes = append(c.bytes, value...)
	c.ends = append(c.ends, len(c.bytes))
}

func (c *chunk) at(i int) (key, value []byte) {
	from := 0
	if i > 0 {
		from = c.ends[2*i-1]
	}
	return c.bytes[from:c.ends[2*i]], c.bytes[c.ends[2*i]:c.ends[2*i+1]]
}

// drain takes the keys of a queue whose time is before `before` off it and
// applies them in order, up to the place until, or for as long as the batch is
// not full: it then returns the last key that it took. What then stands first
// goes to next; what apply adds to the queue must be at or after `before`.
func (j *Join) drain(b store.Batch, queue int, before schemas.Instant, next *schemas.Instant, until *Amid,
	apply func(at schemas.Instant, rest, value []byte) error) (left []byte, err error) {
	if *next >= before {
		return nil, nil
	}
	kind := queueOrder()[queue]
	lo, hi := j.prefix.timed(nil, kind, j.meta.Closed), j.prefix.key(nil, kind+1)
	var first []byte
	taken := 0
	for full := true; full; {
		full, *next = false, schemas.Forever
		c := &j.chunk
		c.reset()
		err := b.Scan(lo, hi, func(key, value []byte) (bool, error) {
			if len(key) < restAt {
				return false, fmt.Errorf("key %x: %w", key, ErrDamaged)
			}
			if at := instantAt(key[timeAt:]); at >= before || until.beyond(queue, key) {
				*next = at
				return false, nil
			}
			full = c.len() == chunkSize
			if !full {
				c.add(key, value)
			}
			return !full, nil
		})
		if err != nil {
			return nil, err
		}
		if taken == 0 && c.len() > 0 {
			key, _ := c.at(0)
			first = bytes.Clone(key)
		}
		for i := range c.len() {
			key, value := c.at(i)
			if err := apply(instantAt(key[timeAt:]), key[restAt:], value); err != nil {
				return nil, err
			}
			if kind != timerKey {
				j.drained++
			}
			taken++
			lo = append(append(lo[:0], key...), 0)
			if j.pausesAt(b, key) {
				*next = instantAt(key[timeAt:]) // none is before
				return key, c.drop(b, first, lo, taken)
			}
		}
	}
	return nil, j.chunk.drop(b, first, lo, taken)
}

// drop deletes the n keys of [lo, hi), of which the chunk holds few. Queues are
// emptied in their order, so one range leaves nothing of many, where a tombstone
// for each would be carried down through all levels of the store. Pebble
// remembers ranges for a while: there should not be many.
func (c *chunk) drop(b store.Batch, lo, hi []byte, n int) error {
	if n >= manyKeys {
		return b.DeleteRange(lo, hi)
	}
	for i := range n {
		key, _ := c.at(i)
		if err := b.Delete(key); err != nil {
			return err
		}
	}
	return nil
}
