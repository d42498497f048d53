package store

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Options say how a Pebble store is opened. The zero value is a good one.
type Options struct {
	FS           FS           // the file system, vfs.Default where it is nil
	Logger       *slog.Logger // nil: silent
	CacheBytes   int64        // of blocks of tables; 0: 64 MiB
	MemTableSize uint64       // bytes that collect in memory before a flush, of which there may be MemTables; 0: 32 MiB
}

// MemTables is how many memtables there may be: one that is filled, one that is
// flushed, and one that Pebble keeps to use again.
const MemTables = 3

func (o Options) fs() FS {
	if o.FS == nil {
		return vfs.Default
	}
	return o.FS
}

// Pebble is a store on disk.
type Pebble struct {
	db *pebble.DB
	fs *fence
	*health
}

// OpenPebble opens the store in dir, or makes one. The error is ErrInUse where
// another process has it open, and ErrDamaged where only Remove helps.
func OpenPebble(dir string, options Options) (*Pebble, error) {
	fs := options.fs()
	if err := fs.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("state directory %s: %w", dir, err)
	}
	h := newHealth(dir)
	s := &Pebble{fs: &fence{FS: fs, health: h}, health: h}
	lock, err := pebble.LockDirectory(dir, s.fs)
	if err != nil {
		return nil, fmt.Errorf("state directory %s: %w", dir, inUse(err))
	}
	cacheBytes := options.CacheBytes
	if cacheBytes == 0 {
		cacheBytes = 64 << 20
	}
	memTable := options.MemTableSize
	if memTable == 0 {
		memTable = 32 << 20
	}
	// Pebble takes its memtables out of the cache: one that has room for no more than them caches nothing.
	cache := pebble.NewCache(cacheBytes + MemTables*int64(memTable))
	defer cache.Unref()
	log := &logger{log: options.Logger, health: s.health}
	err = s.run(func() (err error) {
		if err := checkManifest(s.fs, dir); err != nil {
			return err
		}
		options := &pebble.Options{
			FS:                 s.fs,
			Lock:               lock,
			Cache:              cache,
			MemTableSize:       memTable,
			FormatMajorVersion: pebble.FormatNewest,
			Logger:             log,
			EventListener: &pebble.EventListener{
				// It would try again at once and for ever.
				BackgroundError: func(err error) { s.fail(err); select {} },
				DataCorruption:  func(info pebble.DataCorruptionInfo) { s.fail(asDamage(info.Details)) },
			},
		}
		for i := range options.Levels {
			// Most ids that are asked for are new: a filter answers for nearly every table that lacks them.
			options.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
			options.Levels[i].IndexBlockSize = 256 << 10 // one level of index, which stays in the cache
		}
		s.db, err = pebble.Open(dir, options)
		return err
	})
	if err == nil {
		return s, nil
	}
	s.fail(asOpenDamage(err)) // whatever is left of Pebble may not go on
	return nil, errors.Join(s.err(), s.fs.unlock())
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

// Load implements Store.
func (s *Pebble) Load() Batch {
	return &load{pebbleBatch: pebbleBatch{store: s, batch: s.db.NewBatch()}}
}

// Sync implements Store. An empty log record, synced, carries every earlier
// one to the disk.
func (s *Pebble) Sync() error {
	return s.write(func() error { return s.db.LogData(nil, pebble.Sync) })
}

// Bytes returns how much disk the store occupies, 0 once it has failed.
func (s *Pebble) Bytes() uint64 {
	var n uint64 // not to be read after a failure: it may still be written to
	if err := s.run(func() error { n = s.db.Metrics().DiskSpaceUsage(); return nil }); err != nil {
		return 0
	}
	return n
}

// Free returns how many bytes the disk has left.
func (s *Pebble) Free() (uint64, error) {
	usage, err := s.fs.GetDiskUsage(s.dir)
	return usage.AvailBytes, err
}

// Close ends the store. Of a failed one it gives back the lock, so that it can
// be opened anew: Pebble's own Close may wait for ever for what cannot be
// written.
func (s *Pebble) Close() error {
	if err := s.err(); err != nil {
		if locked := s.fs.unlock(); locked != nil {
			return errors.Join(err, locked)
		}
		return err
	}
	err := s.Sync()
	if err == nil {
		err = s.write(s.db.Close)
	}
	s.close()
	return errors.Join(err, s.fs.unlock())
}
