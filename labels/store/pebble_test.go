package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"hindsight/labels/store"
	"hindsight/labels/storetest"
)

func TestPebble(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return openPebble(t, vfs.NewMem()) })
}

func openPebble(t *testing.T, fs vfs.FS) *store.Pebble {
	t.Helper()
	s, err := store.OpenPebble("state", store.Options{FS: fs, MemTableSize: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// write commits batch n: ten keys that all hold n.
func write(s store.Store, n int) error {
	b := s.Begin()
	for i := range 10 {
		if err := b.Set(fmt.Appendf(nil, "key%d", i), fmt.Append(nil, n)); err != nil {
			return err
		}
	}
	return b.Commit()
}

// held returns which batch the store holds, 0 for none, and fails on a mixture.
func held(t *testing.T, s store.Store) (n int) {
	t.Helper()
	keys := 0
	err := s.Scan([]byte("key"), []byte("kez"), func(key, value []byte) (bool, error) {
		var got int
		if _, err := fmt.Sscan(string(value), &got); err != nil {
			return false, err
		}
		if keys++; keys > 1 && got != n {
			t.Fatalf("%s is of batch %d, the keys before it of batch %d", key, got, n)
		}
		n = got
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if keys != 0 && keys != 10 {
		t.Fatalf("%d of the 10 keys of batch %d", keys, n)
	}
	return n
}

// A crash keeps every synced batch and none in part, whatever share of the
// unsynced bytes reached the disk.
func TestCrash(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 0))
		fs := vfs.NewCrashableMem()
		s := openPebble(t, fs)
		synced, committed := 0, 0
		for n := 1; n <= 30; n++ {
			if err := write(s, n); err != nil {
				t.Fatal(err)
			}
			committed = n
			if r.IntN(8) == 0 {
				if err := s.Sync(); err != nil {
					t.Fatal(err)
				}
				synced = n
			}
		}
		after := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: int(seed%5) * 25, RNG: r})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		reopened := openPebble(t, after)
		if n := held(t, reopened); n < synced || n > committed {
			t.Errorf("seed %d: batch %d after the crash, synced was %d, committed %d", seed, n, synced, committed)
		}
		if err := reopened.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A full disk makes Pebble's flush retry for ever and block writers: the
// writer must get an error instead.
func TestFullDisk(t *testing.T) {
	var full errorfs.Toggle
	full.Injector = errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && strings.HasSuffix(op.Path, ".sst") {
			return syscall.ENOSPC
		}
		return nil
	})
	s, err := store.OpenPebble("state", store.Options{FS: errorfs.Wrap(vfs.NewMem(), &full), MemTableSize: 256 << 10})
	if err != nil {
		t.Fatal(err)
	}
	full.On()
	value := make([]byte, 10_000)
	for n := 0; ; n++ {
		b := s.Begin()
		err := b.Set(fmt.Append(nil, n), value)
		if err == nil {
			err = b.Commit()
		}
		if err != nil {
			if !errors.Is(err, store.ErrFailed) || !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("batch %d: %v", n, err)
			}
			break
		}
	}
	if _, _, err := s.Get([]byte("0")); !errors.Is(err, store.ErrFailed) {
		t.Errorf("a read after the failure: %v", err)
	}
}

func TestInUse(t *testing.T) {
	for name, fs := range map[string]vfs.FS{"disk": nil, "memory": vfs.NewMem()} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			first, err := store.OpenPebble(dir, store.Options{FS: fs})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := store.OpenPebble(dir, store.Options{FS: fs}); !errors.Is(err, store.ErrInUse) || !strings.Contains(err.Error(), dir) {
				t.Errorf("a second opener: %v", err)
			}
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
			again, err := store.OpenPebble(dir, store.Options{FS: fs})
			if err != nil {
				t.Fatalf("after the first closed: %v", err)
			}
			if again.Bytes() == 0 {
				t.Error("a store of no bytes")
			}
			if err := again.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestDamagedDirectory(t *testing.T) {
	dir := t.TempDir()
	s, err := store.OpenPebble(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(write(s, 1), s.Close()); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasPrefix(f.Name(), "MANIFEST") {
			if err := os.WriteFile(dir+"/"+f.Name(), []byte("not a manifest"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 2 { // the lock is released each time
		if _, err := store.OpenPebble(dir, store.Options{}); err == nil || errors.Is(err, store.ErrInUse) || !strings.Contains(err.Error(), "delete it") {
			t.Errorf("a damaged directory: %v", err)
		}
	}
}
