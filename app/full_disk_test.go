package app_test

import (
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
)

// scarceDisk says how much of it is free.
type scarceDisk struct {
	vfs.FS
	free atomic.Uint64
}

const plenty, scarce = 1 << 40, 1 << 20

// GetDiskUsage implements vfs.FS.
func (d *scarceDisk) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: d.free.Load(), TotalBytes: 2 * plenty}, nil
}

// fillsDisk leaves no space once JOIN has taken so many scores.
type fillsDisk struct {
	*scarceDisk
	left atomic.Int64
}

// OnFetchRecordUnbuffered is a hook of franz-go.
func (d *fillsDisk) OnFetchRecordUnbuffered(r *kgo.Record, polled bool) {
	if polled && r.Topic == "scores" && d.left.Add(-1) == 0 {
		d.free.Store(scarce)
	}
}

// JOIN meets a disk that is almost full at its start and in its midst: it
// pauses, says so, touches the disk no more, and goes on by itself once there is
// space, with the same result.
func TestJoinPausesWhileTheDiskIsFull(t *testing.T) {
	want := newStand(t, restartLoans, 0).finish(t.TempDir())
	s := newStand(t, restartLoans, 0)
	disk := &scarceDisk{FS: vfs.NewMem()}
	disk.free.Store(scarce)
	again := make(chan struct{})
	s.fs = disk
	s.onPaused = func(n int64) {
		disk.free.Store(plenty)
		if n == 2 {
			close(again)
		}
	}
	ends, published := make(chan struct{}), s.published
	go func() { // the run has no end before it has met both
		defer close(ends)
		<-published
		<-again
	}()
	s.inputsEnd = ends
	hook := &fillsDisk{scarceDisk: disk}
	hook.left.Store(restartLoans / 4)
	got := s.finish(t.TempDir(), hook)
	if s.paused.Load() != 2 || s.resumed.Load() != 2 {
		t.Errorf("paused %d times, resumed %d times, want twice", s.paused.Load(), s.resumed.Load())
	}
	if s.replaced.Load() > 0 {
		t.Errorf("%d sessions were replaced for want of disk", s.replaced.Load())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report after the disk was full (-undisturbed +got):\n%s", diff)
	}
}
