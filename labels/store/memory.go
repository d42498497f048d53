package store

import (
	"bytes"
	"slices"
	"sync"
)

// Memory is a store without a disk: the dull reference for Pebble, and the
// store of tests and of runs that leave nothing behind.
type Memory struct {
	mu     sync.RWMutex
	rows   rows
	closed bool
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{} }

// Get implements Reader.
func (m *Memory) Get(key []byte) ([]byte, bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return nil, false, ErrClosed
	}
	if i, found := m.rows.find(key); found {
		return bytes.Clone(m.rows[i].value), true, nil
	}
	return nil, false, nil
}

// Scan implements Reader. It visits the store as it was when Scan began.
func (m *Memory) Scan(lo, hi []byte, visit func(key, value []byte) (bool, error)) error {
	m.mu.RLock()
	closed, part := m.closed, slices.Clone(m.rows.between(lo, hi))
	m.mu.RUnlock()
	if closed {
		return ErrClosed
	}
	return part.visit(visit)
}

// Begin implements Store.
func (m *Memory) Begin() Batch { return &memoryBatch{store: m} }

// Load implements Store.
func (m *Memory) Load() Batch { return memoryLoad{&memoryBatch{store: m}} }

// Sync implements Store.
func (m *Memory) Sync() error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return ErrClosed
	}
	return nil
}

// Close implements Store.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	m.rows, m.closed = nil, true
	return nil
}

// row is one key and its value. Neither is ever changed in place; in a batch a
// nil value means that the key is deleted.
type row struct{ key, value []byte }

// rows are sorted by key.
type rows []row

func (r rows) find(key []byte) (int, bool) {
	return slices.BinarySearchFunc(r, key, func(x row, key []byte) int { return bytes.Compare(x.key, key) })
}

func (r rows) between(lo, hi []byte) rows {
	from, _ := r.find(lo)
	to, _ := r.find(hi)
	return r[from:max(from, to)]
}

func (r *rows) set(x row) {
	i, found := r.find(x.key)
	if found {
		(*r)[i] = x
		return
	}
	*r = slices.Insert(*r, i, x)
}

func (r *rows) delete(key []byte) {
	if i, found := r.find(key); found {
		*r = slices.Delete(*r, i, i+1)
	}
}

func (r rows) visit(visit func(key, value []byte) (bool, error)) error {
	for _, x := range r {
		if more, err := visit(x.key, x.value); err != nil || !more {
			return err
		}
	}
	return nil
}
