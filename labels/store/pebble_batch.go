package store

import "github.com/cockroachdb/pebble/v2"

// pebbleBatch is an indexed batch: it reads what it wrote.
type pebbleBatch struct {
	store *Pebble
	batch *pebble.Batch // nil: ended
}

func (b *pebbleBatch) usable() error {
	if b.batch == nil {
		return ErrEnded
	}
	return b.store.err()
}

func (b *pebbleBatch) Get(key []byte) ([]byte, bool, error) {
	if err := b.usable(); err != nil {
		return nil, false, err
	}
	return b.store.get(b.batch, key)
}

func (b *pebbleBatch) Scan(lo, hi []byte, visit func(key, value []byte) (bool, error)) error {
	if err := b.usable(); err != nil {
		return err
	}
	return b.store.scan(b.batch, lo, hi, visit)
}

func (b *pebbleBatch) Set(key, value []byte) error {
	if err := b.usable(); err != nil {
		return err
	}
	return b.batch.Set(key, value, nil)
}

func (b *pebbleBatch) Delete(key []byte) error {
	if err := b.usable(); err != nil {
		return err
	}
	return b.batch.Delete(key, nil)
}

func (b *pebbleBatch) DeleteRange(lo, hi []byte) error {
	if err := b.usable(); err != nil {
		return err
	}
	return b.batch.DeleteRange(lo, hi, nil)
}

func (b *pebbleBatch) Size() int {
	if b.batch == nil {
		return 0
	}
	return b.batch.Len()
}

func (b *pebbleBatch) Commit() error {
	if err := b.usable(); err != nil {
		return err
	}
	batch := b.batch
	b.batch = nil
	if err := b.store.write(func() error { return batch.Commit(pebble.NoSync) }); err != nil {
		return err // whether Pebble is through with the batch is not known: it is left to the collector
	}
	return batch.Close()
}

func (b *pebbleBatch) Discard() error {
	if b.batch == nil {
		return nil
	}
	batch := b.batch
	b.batch = nil
	return batch.Close()
}
