package app

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// How often the free space is looked at, and its lack told of.
const (
	spaceEvery = time.Second
	lackEvery  = time.Minute
)

// space watches what is left on a disk, so that a stage stops before it is full:
// a store that meets a full disk has failed for good.
type space struct {
	log  *slog.Logger
	dir  string
	free func() (uint64, error)
	min  uint64 // below it nothing goes on

	mu      sync.Mutex
	checked time.Time
	told    time.Time
	reason  string
}

// newSpace watches the disk of dir for a store whose memtables are so large:
// two of them may have to be written, and their logs, and a compaction goes on.
func newSpace(log *slog.Logger, dir string, free func() (uint64, error), memtable uint64) *space {
	return &space{log: log, dir: dir, free: free, min: 4 * memtable}
}

// lack says why nothing goes on, "" where there is space or where it is not
// known. Once there is a lack, a quarter more than the least must be free.
func (s *space) lack() string {
	if s == nil {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if now.Sub(s.checked) < spaceEvery {
		return s.reason
	}
	s.checked = now
	least := s.min
	if s.reason != "" {
		least += least / 4
	}
	free, err := s.free()
	if err != nil || free >= least {
		if s.reason != "" {
			s.log.Info("the state's disk has space again: going on", "dir", s.dir, "free_mib", free>>20)
		}
		s.reason, s.told = "", time.Time{}
		return ""
	}
	s.reason = fmt.Sprintf("paused: the disk of %s has %d MiB left and %d MiB are needed: free some, it goes on by itself", s.dir, free>>20, (s.min+s.min/4)>>20)
	if now.Sub(s.told) >= lackEvery {
		s.told = now
		s.log.Error("the state's disk is almost full", "stage", "join", "reason", s.reason)
	}
	return s.reason
}

// await returns once there is space, or with the error of ctx.
func (s *space) await(ctx context.Context) error {
	for s.lack() != "" {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(spaceEvery):
		}
	}
	return nil
}
