package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"hindsight/labels/store"
)

// failing fails the n-th operation, or all from the n-th on.
type failing struct {
	err  error
	at   int64
	only bool
	well atomic.Bool // again
	seen atomic.Int64
	met  atomic.Int64
}

func (f *failing) MaybeError(op errorfs.Op) error {
	if n := f.seen.Add(1) - 1; f.well.Load() || n < f.at || f.only && n > f.at {
		return nil
	}
	f.met.Add(1)
	return fmt.Errorf("%v %s: %w", op.Kind, op.Path, f.err)
}

func (f *failing) String() string { return "failing" }

// The n-th operation on the file system fails, for every n, once or from then
// on, with a full disk, a broken one or a read-only one; then the machine
// crashes and keeps none, half or all of what was not synced. The store says
// that it failed and why, gives its lock back, and holds after the crash the
// first batches: all that were synced, none in part.
func TestEveryOperationFails(t *testing.T) {
	causes := []error{syscall.ENOSPC, syscall.EIO, syscall.EROFS}
	operations, told, reopened := 0, 0, 0
	for n := int64(0); ; n++ {
		f := &failing{err: causes[n%3], at: n, only: n%2 == 0}
		mem := vfs.NewCrashableMem()
		fs := errorfs.Wrap(mem, f)
		synced, tried, err := fillAndReopen(fs)
		if f.met.Load() == 0 {
			break // every operation has had its turn
		}
		operations++
		if err != nil {
			told++
			if !errors.Is(err, f.err) {
				t.Fatalf("operation %d: the cause %v is not told: %v", n, f.err, err)
			}
		}
		for percent := 0; percent <= 100; percent += 50 {
			after := mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rand.New(rand.NewPCG(uint64(n), uint64(percent)))})
			s, err := openSmall(after)
			if errors.Is(err, store.ErrDamaged) && percent == 50 {
				continue // half a manifest: it is rebuilt
			}
			if err != nil {
				t.Fatalf("operation %d, %d %% kept: %v", n, percent, err)
			}
			if held, err := prefix(t, s); err != nil || held < synced || held > tried {
				t.Fatalf("operation %d, %d %% kept: batch %d is there (%v), %d was synced, %d tried", n, percent, held, err, synced, tried)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		f.well.Store(true)
		if s, err := openSmall(fs); err == nil {
			reopened++
			if held, err := prefix(t, s); err != nil || held < synced || held > tried {
				t.Fatalf("operation %d, opened again: batch %d is there (%v), %d was synced, %d tried", n, held, err, synced, tried)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		} else if errors.Is(err, store.ErrInUse) {
			t.Fatalf("operation %d: the failed store keeps its lock: %v", n, err)
		} else if !errors.Is(err, store.ErrDamaged) {
			t.Fatalf("operation %d: %v", n, err)
		}
	}
	t.Logf("%d operations failed, %d times the store had to tell; opened again in the same process %d times", operations, told, reopened)
	if operations < 200 || told < operations/2 || reopened < operations/2 {
		t.Error("the test did not meet what it is about")
	}
}

// fillAndReopen returns the last batch that was synced, the last that was
// tried, and the error that ended it all, which must be there to stay.
func fillAndReopen(fs vfs.FS) (synced, tried int, err error) {
	for range 2 { // the second time it reads its files
		s, err := openSmall(fs)
		if err != nil {
			return synced, tried, err
		}
		for range 6 {
			tried++
			if err := errors.Join(writeLarge(s, tried), s.Sync()); err != nil {
				for i, again := range []error{writeLarge(s, tried+1), s.Sync(), s.Close()} {
					if !errors.Is(again, store.ErrFailed) {
						return synced, tried, fmt.Errorf("call %d after a failure succeeded or hid it: %w", i, again)
					}
				}
				return synced, tried, err
			}
			synced = tried
		}
		if err := s.Close(); err != nil {
			return synced, tried, err
		}
	}
	return synced, tried, nil
}
