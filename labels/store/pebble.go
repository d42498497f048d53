package store

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Options say how a Pebble store is opened. The zero value is a good one.
type Options struct {
	FS           vfs.FS       // the file system, vfs.Default where it is nil
	Logger       *slog.Logger // nil: silent
	CacheBytes   int64        // of the block cache; 0: 64 MiB
	MemTableSize uint64       // bytes that collect in memory before a flush; 0: 32 MiB
}

// Pebble is a store on disk.
type Pebble struct {
	db   *pebble.DB
	lock *pebble.Lock
	*health
}

// OpenPebble opens the store in dir, or makes one. The error is ErrInUse where
// another process has it open.
func OpenPebble(dir string, options Options) (*Pebble, error) {
	fs := options.FS
	if fs == nil {
		fs = vfs.Default
	}
	if err := fs.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("state directory %s: %w", dir, err)
	}
	lock, err := pebble.LockDirectory(dir, fs)
	if err != nil {
		return nil, fmt.Errorf("state directory %s: %w", dir, inUse(err))
	}
	s := &Pebble{lock: lock, health: newHealth(dir)}
	cacheBytes := options.CacheBytes
	if cacheBytes == 0 {
		cacheBytes = 64 << 20
	}
	cache := pebble.NewCache(cacheBytes)
	defer cache.Unref()
	memTable := options.MemTableSize
	if memTable == 0 {
		memTable = 32 << 20
	}
	log := &logger{log: options.Logger, health: s.health}
	err = s.run(func() (err error) {
		s.db, err = pebble.Open(dir, &pebble.Options{
			FS:                 fs,
			Lock:               lock,
			Cache:              cache,
			MemTableSize:       memTable,
			FormatMajorVersion: pebble.FormatNewest,
			Logger:             log,
			EventListener: &pebble.EventListener{
				BackgroundError: func(err error) { s.fail(err) },
			},
		})
		return err
	})
	if err != nil {
		if s.err() != nil { // Pebble still stands in there and holds the lock
			return nil, err
		}
		return nil, fmt.Errorf("state directory %s: %w; should it be damaged, delete it: it is rebuilt from Kafka",
			dir, errors.Join(err, lock.Close()))
	}
	return s, nil
}

// inUse tells a lock that somebody holds from a file that cannot be locked.
func inUse(err error) error {
	// Pebble has no value for the second, a lock of this very process.
	if errors.Is(err, syscall.EAGAIN) || strings.Contains(err.Error(), "lock held by current process") {
		return fmt.Errorf("%w (%w)", ErrInUse, err)
	}
	return err
}

// Get implements Reader.
func (s *Pebble) Get(key []byte) ([]byte, bool, error) {
	if err := s.err(); err != nil {
		return nil, false, err
	}
	return s.get(s.db, key)
}

func (s *Pebble) get(r pebble.Reader, key []byte) ([]byte, bool, error) {
	v, closer, err := r.Get(key)
	switch {
	case errors.Is(err, pebble.ErrNotFound):
		return nil, false, nil
	case err != nil:
		return nil, false, s.fault("read", err)
	}
	own := bytes.Clone(v)
	if err := closer.Close(); err != nil {
		return nil, false, s.fault("read", err)
	}
	return own, true, nil
}

// Scan implements Reader.
func (s *Pebble) Scan(lo, hi []byte, visit func(key, value []byte) (bool, error)) error {
	if err := s.err(); err != nil {
		return err
	}
	return s.scan(s.db, lo, hi, visit)
}

func (s *Pebble) scan(r pebble.Reader, lo, hi []byte, visit func(key, value []byte) (bool, error)) (err error) {
	if bytes.Compare(lo, hi) >= 0 {
		return nil
	}
	if len(lo) == 0 {
		lo = nil // no bound: Pebble's own checks take an empty one for a key
	}
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
	if err != nil {
		return s.fault("read", err)
	}
	defer func() {
		// Close repeats the iterator's own error.
		if closeErr := it.Close(); closeErr != nil && err == nil {
			err = s.fault("read", closeErr)
		}
	}()
	for valid := it.First(); valid; valid = it.Next() {
		v, err := it.ValueAndErr()
		if err != nil {
			return s.fault("read", err)
		}
		if more, err := visit(it.Key(), v); err != nil || !more {
			return err
		}
	}
	return nil
}

// Begin implements Store.
func (s *Pebble) Begin() Batch { return &pebbleBatch{store: s, batch: s.db.NewIndexedBatch()} }

// Sync implements Store. An empty log record, synced, carries every earlier
// one to the disk.
func (s *Pebble) Sync() error {
	return s.write(func() error { return s.db.LogData(nil, pebble.Sync) })
}

// Bytes returns how much disk the store occupies.
func (s *Pebble) Bytes() uint64 { return s.db.Metrics().DiskSpaceUsage() }

// Close implements Store. A failed store is left as it is, for the process to
// end: Pebble's own Close may wait for ever for what cannot be written.
func (s *Pebble) Close() error {
	if err := s.err(); err != nil {
		return err
	}
	err := s.Sync()
	if err == nil {
		err = s.write(func() error { return errors.Join(s.db.Close(), s.lock.Close()) })
	}
	s.close()
	return err
}
