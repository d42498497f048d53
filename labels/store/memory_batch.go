package store

import "bytes"

// memoryBatch keeps its changes as rows over those of the store.
type memoryBatch struct {
	store   *Memory
	changes rows
	ranges  [][2][]byte // deleted before any of the changes
	size    int
	ended   bool
}

// value turns "deleted" (nil) and "empty" (not nil) apart.
func value(v []byte) []byte { return append(make([]byte, 0, len(v)), v...) }

func (b *memoryBatch) Get(key []byte) ([]byte, bool, error) {
	if b.ended {
		return nil, false, ErrEnded
	}
	if i, found := b.changes.find(key); found {
		if v := b.changes[i].value; v != nil {
			return value(v), true, nil
		}
		return nil, false, nil
	}
	if b.inRange(key) {
		return nil, false, nil
	}
	return b.store.Get(key)
}

func (b *memoryBatch) Scan(lo, hi []byte, visit func(key, value []byte) (bool, error)) error {
	if b.ended {
		return ErrEnded
	}
	own := b.changes.between(lo, hi)
	more, err := true, error(nil)
	ownBefore := func(key []byte) { // visits what the batch holds before key; nil: all
		for more && err == nil && len(own) > 0 && (key == nil || bytes.Compare(own[0].key, key) < 0) {
			if own[0].value != nil {
				more, err = visit(own[0].key, own[0].value)
			}
			own = own[1:]
		}
	}
	scanErr := b.store.Scan(lo, hi, func(key, v []byte) (bool, error) {
		ownBefore(key)
		if !more || err != nil {
			return false, nil
		}
		if len(own) == 0 || !bytes.Equal(own[0].key, key) {
			if b.inRange(key) {
				return true, nil
			}
			more, err = visit(key, v)
			return more, err
		}
		return true, nil // changed: visited when its turn comes
	})
	if scanErr != nil {
		return scanErr
	}
	ownBefore(nil)
	return err
}

func (b *memoryBatch) inRange(key []byte) bool {
	for _, r := range b.ranges {
		if bytes.Compare(r[0], key) <= 0 && bytes.Compare(key, r[1]) < 0 {
			return true
		}
	}
	return false
}

func (b *memoryBatch) Set(key, v []byte) error {
	if b.ended {
		return ErrEnded
	}
	b.changes.set(row{bytes.Clone(key), value(v)})
	b.size += len(key) + len(v)
	return nil
}

func (b *memoryBatch) Delete(key []byte) error {
	if b.ended {
		return ErrEnded
	}
	b.changes.set(row{bytes.Clone(key), nil})
	b.size += len(key)
	return nil
}

func (b *memoryBatch) DeleteRange(lo, hi []byte) error {
	if b.ended {
		return ErrEnded
	}
	b.ranges = append(b.ranges, [2][]byte{bytes.Clone(lo), bytes.Clone(hi)})
	own := b.changes.between(lo, hi)
	for i := range own {
		own[i].value = nil
	}
	b.size += len(lo) + len(hi)
	return nil
}

func (b *memoryBatch) Size() int { return b.size }

func (b *memoryBatch) Commit() error {
	if b.ended {
		return ErrEnded
	}
	b.ended = true
	m := b.store
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	for _, r := range b.ranges {
		from, _ := m.rows.find(r[0])
		to, _ := m.rows.find(r[1])
		if from < to {
			m.rows = append(m.rows[:from], m.rows[to:]...)
		}
	}
	for _, x := range b.changes {
		if x.value == nil {
			m.rows.delete(x.key)
		} else {
			m.rows.set(x)
		}
	}
	return nil
}

func (b *memoryBatch) Discard() error {
	b.ended, b.changes, b.ranges = true, nil, nil
	return nil
}

// memoryLoad is a batch that is not read.
type memoryLoad struct{ *memoryBatch }

// Get implements Reader.
func (memoryLoad) Get([]byte) ([]byte, bool, error) { return nil, false, ErrUnread }

// Scan implements Reader.
func (memoryLoad) Scan(_, _ []byte, _ func(key, value []byte) (bool, error)) error { return ErrUnread }
