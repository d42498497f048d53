package app_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/labels/store"
)

// onRecord calls what it holds once so many records of a topic were polled.
type onRecord struct {
	topic string
	left  atomic.Int64
	call  func()
}

func newOnRecord(topic string, n int64, call func()) *onRecord {
	h := &onRecord{topic: topic, call: call}
	h.left.Store(n)
	return h
}

// OnFetchRecordUnbuffered is a hook of franz-go.
func (h *onRecord) OnFetchRecordUnbuffered(r *kgo.Record, polled bool) {
	if polled && r.Topic == h.topic && h.left.Add(-1) == 0 {
		h.call()
	}
}

// digest is that of all keys and values of JOIN's store, but for those that say
// from where a rebuild would read.
func digest(t *testing.T, fs store.FS, dir string) string {
	t.Helper()
	s, err := store.OpenPebble(filepath.Join(dir, "join"), store.Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	h, n := sha256.New(), 0
	const kindAt, meta, lift = 4, 'm', 'f' // see package labels
	err = s.Scan([]byte{0}, []byte{255}, func(key, value []byte) (bool, error) {
		if key[kindAt] != meta && key[kindAt] != lift {
			fmt.Fprintf(h, "%x %x\n", key, value)
			n++
		}
		return true, nil
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Error("the store is empty")
	}
	return fmt.Sprintf("%d keys %x", n, h.Sum(nil))
}

// rebuild runs a process that has no end until it has rebuilt all four partitions.
func (s *stand) rebuild(dir string) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	inputsEnd := s.inputsEnd
	s.inputsEnd = nil
	s.rebuilt.Store(0)
	s.onRebuilt = func(n int64) {
		if n == 4 {
			cancel()
		}
	}
	a := s.open(dir)
	if err := errors.Join(a.Run(ctx), a.Close()); err != nil {
		s.t.Fatal(err)
	}
	s.inputsEnd, s.onRebuilt = inputsEnd, nil
}

// The machine loses power at some moment, and with it none, half or all of what
// was not synced: the store is behind the commits, by the transactions that
// were committed and not applied, and by those since. It is caught up; the
// report and the digest of the state are those of an undisturbed run, and those
// of one that lost its disk.
func TestPowerLossIsCaughtUp(t *testing.T) {
	want := newStand(t, restartLoans, 0).finish(t.TempDir())
	for percent := 0; percent <= 100; percent += 50 {
		t.Run(fmt.Sprintf("%d %% of the unsynced kept", percent), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(percent), 3))
			s, dir := newStand(t, restartLoans, 30), t.TempDir()
			fs := vfs.NewCrashableMem()
			for range 4 {
				ctx, cancel := context.WithCancel(t.Context())
				image := fs
				s.fs = fs
				a := s.open(dir, newOnRecord("scores", int64(200+rng.IntN(600)), func() {
					image = fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rng})
					cancel()
				}))
				if err := errors.Join(a.Run(ctx), a.Close()); err != nil {
					t.Fatal(err)
				}
				cancel()
				fs = image
			}
			s.fs = fs
			got := s.finish(dir)
			t.Logf("%d partitions caught up by %d records, %d rebuilt", s.caughtUp.Load(), s.caughtUpBy.Load(), s.rebuilt.Load())
			if s.caughtUpBy.Load() == 0 && (percent == 100 || s.rebuilt.Load() == 0) {
				t.Error("nothing was caught up") // of little runs nothing is synced: then all is rebuilt
			}
			s.fs = nil
			lost := t.TempDir()
			s.rebuild(lost)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("report (-undisturbed +caught up):\n%s", diff)
			}
			if a, b := digest(t, fs, dir), digest(t, nil, lost); a != b {
				t.Errorf("state: caught up %s, rebuilt %s", a, b)
			}
		})
	}
}

// SIGTERM in the middle of a rebuild: it is cancelled, the process ends, and the
// next one begins it again, as often as it takes. No output comes of it.
func TestStopsInTheMiddleOfARebuild(t *testing.T) {
	want := newStand(t, restartLoans, 0).finish(t.TempDir())
	s := newStand(t, restartLoans, 0)
	if got := s.finish(t.TempDir()); got != want {
		t.Fatal("two undisturbed runs differ")
	}
	dir, end := t.TempDir(), s.inputsEnd
	rng := rand.New(rand.NewPCG(7, 7))
	s.inputsEnd = nil // or it ends before it has rebuilt anything
	for s.givenUp.Load() < 5 {
		ctx, cancel := context.WithCancel(t.Context())
		s.rebuilt.Store(0)
		s.onRebuilt = func(n int64) {
			if n == 4 { // the stop came too late
				cancel()
			}
		}
		if err := os.RemoveAll(filepath.Join(dir, "join")); err != nil {
			t.Fatal(err)
		}
		a := s.open(dir, newOnRecord("scores", int64(1+rng.IntN(1000)), cancel))
		if err := errors.Join(a.Run(ctx), a.Close()); err != nil {
			t.Fatal(err)
		}
		cancel()
	}
	s.rebuild(t.TempDir())
	s.inputsEnd = end
	if diff := cmp.Diff(want, s.finish(dir)); diff != "" {
		t.Errorf("report after rebuilds that were given up (-undisturbed +got):\n%s", diff)
	}
	t.Logf("%d rebuilds given up in the middle", s.givenUp.Load())
}

// Bits flip in every table of the store while no process runs: the store is
// found damaged, deleted and rebuilt, and the log says so.
func TestDamagedStoreIsRebuilt(t *testing.T) {
	want := newStand(t, restartLoans, 0).finish(t.TempDir())
	s, dir := newStand(t, restartLoans, 30), t.TempDir()
	for flipped := 0; flipped == 0; {
		ctx, cancel := context.WithCancel(t.Context())
		a := s.open(dir, newCancelAfter(1500, cancel))
		if err := errors.Join(a.Run(ctx), a.Close()); err != nil {
			t.Fatal(err)
		}
		cancel()
		for _, pattern := range []string{"*.sst", "MANIFEST-*"} {
			files, err := filepath.Glob(filepath.Join(dir, "join", pattern))
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				data[len(data)/3] ^= 1
				if err := os.WriteFile(file, data, 0o600); err != nil {
					t.Fatal(err)
				}
				flipped++
			}
		}
	}
	if diff := cmp.Diff(want, s.finish(dir)); diff != "" {
		t.Errorf("report after bits flipped (-undisturbed +got):\n%s", diff)
	}
	if s.damaged.Load() == 0 {
		t.Error("the damage was not told")
	}
}

// brokenDisk fails every write from the n-th on, as long as it is broken.
type brokenDisk struct {
	err    error
	from   int64
	writes atomic.Int64
	met    atomic.Int64
	mended atomic.Bool
}

// MaybeError implements errorfs.Injector.
func (d *brokenDisk) MaybeError(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() != errorfs.OpIsWrite || d.mended.Load() || d.writes.Add(1) < d.from {
		return nil
	}
	d.met.Add(1)
	return d.err
}

func (d *brokenDisk) String() string { return "broken disk" }

// The disk of the state is full, broken or read-only from some write on, which
// is in the middle of a transaction's apply sooner or later: the run ends by
// itself and says why; the next one, on a disk that is well, goes on from there.
func TestABrokenDiskEndsTheRun(t *testing.T) {
	want := newStand(t, restartLoans, 0).finish(t.TempDir())
	s, dir := newStand(t, restartLoans, 0), t.TempDir()
	mem := vfs.NewCrashableMem()
	met := 0
	for i, cause := range []error{syscall.ENOSPC, syscall.EIO, syscall.EROFS, syscall.ENOSPC, syscall.EIO, syscall.EROFS} {
		d := &brokenDisk{err: cause, from: int64(2 + 17*i)}
		s.fs = errorfs.Wrap(mem, d)
		a := s.open(dir)
		err := a.Run(t.Context())
		if closing := a.Close(); closing != nil {
			t.Fatal(closing)
		}
		switch {
		case d.met.Load() == 0 && err != nil:
			t.Fatal(err)
		case d.met.Load() > 0 && (!errors.Is(err, cause) || !strings.Contains(err.Error(), "state directory")):
			t.Fatalf("the disk said %q, the run ended with: %v", cause, err)
		case d.met.Load() > 0:
			met++
		}
		mem = mem.CrashClone(vfs.CrashCloneCfg{})
	}
	s.fs = mem
	got := s.finish(dir)
	t.Logf("%d of 6 runs met the broken disk", met)
	if met < 3 {
		t.Error("the test did not meet what it is about")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report after the disk broke (-undisturbed +got):\n%s", diff)
	}
}
