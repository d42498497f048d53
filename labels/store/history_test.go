package store_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"hindsight/labels/store"
)

// The history of these tests is batches 1, 2, …: each sets ten keys to its
// number, and keys of its own to bytes that do not compress.
const (
	parts     = 8
	partBytes = 2 << 10
)

func part(n, i int) (key, value []byte) {
	r, value := rand.New(rand.NewPCG(uint64(n), uint64(i))), make([]byte, 0, partBytes)
	for len(value) < partBytes {
		value = binary.LittleEndian.AppendUint64(value, r.Uint64())
	}
	return fmt.Appendf(nil, "part%04d-%d", n, i), value
}

// writeLarge commits batch n, which goes beyond a memtable after a few.
func writeLarge(s store.Store, n int) error {
	b := s.Begin()
	for i := range parts {
		if err := b.Set(part(n, i)); err != nil {
			return err
		}
	}
	for i := range 10 {
		if err := b.Set(fmt.Appendf(nil, "key%d", i), fmt.Append(nil, n)); err != nil {
			return err
		}
	}
	return b.Commit()
}

// prefix returns after which batch the store stands. It returns the error of a
// store that cannot be read, and fails on anything but the first n batches.
func prefix(t *testing.T, s store.Store) (n int, err error) {
	t.Helper()
	keys, found := 0, 0
	err = s.Scan([]byte("a"), []byte("z"), func(key, value []byte) (bool, error) {
		if bytes.HasPrefix(key, []byte("key")) {
			var got int
			if _, err := fmt.Sscan(string(value), &got); err != nil {
				t.Fatalf("%s holds %q", key, value)
			}
			if keys++; keys > 1 && got != n {
				t.Fatalf("%s is of batch %d, the keys before it of batch %d", key, got, n)
			}
			n = got
			return true, nil
		}
		wantKey, wantValue := part(found/parts+1, found%parts)
		if !bytes.Equal(key, wantKey) || !bytes.Equal(value, wantValue) {
			t.Fatalf("after batch %d: %q comes where %q should, or has another value", n, key, wantKey)
		}
		found++
		return true, nil
	})
	if err != nil {
		return 0, err
	}
	if keys != 0 && keys != 10 || found != n*parts {
		t.Fatalf("batch %d: %d of 10 keys, %d of %d parts", n, keys, found, n*parts)
	}
	return n, nil
}

// openSmall opens a store whose memtables are flushed after three large batches.
func openSmall(fs vfs.FS) (*store.Pebble, error) {
	return store.OpenPebble("state", store.Options{FS: fs, MemTableSize: 64 << 10, CacheBytes: 1 << 20})
}
