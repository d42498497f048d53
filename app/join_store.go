package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/consumer"
	"hindsight/labels/store"
)

// mostDamages is how often a run replaces a damaged store: a disk that damages
// more of them is better looked at.
const mostDamages = 3

// runStored runs JOIN with a store. What the store holds is a cache: a damaged
// one is deleted, and what it held rebuilt from Kafka.
func (a *App) runStored(ctx context.Context) error {
	dir := filepath.Join(a.config.State.Dir, "join")
	options := store.Options{
		FS: a.options.StateFS, Logger: clientLog(a.log), CacheBytes: a.budget.StateCache, MemTableSize: uint64(a.budget.StateMemory),
	}
	for damages := 0; ; damages++ {
		s, err := store.OpenPebble(dir, options)
		if err == nil {
			err = a.runJoin(ctx, s)
			if closing := s.Close(); !errors.Is(err, closing) {
				err = errors.Join(err, closing)
			}
		}
		if !errors.Is(err, store.ErrDamaged) {
			return err
		}
		if damages == mostDamages {
			return fmt.Errorf("the store was damaged %d times in this run: is the disk in order? %w", damages+1, err)
		}
		a.log.Error("the state store is damaged: it is deleted, and rebuilt from Kafka", "error", err)
		a.metrics.CountRebuild("store_damaged")
		if err := store.Remove(dir, options); err != nil {
			return err
		}
	}
}

// storedStage is JOIN's stage, whose store fails once and for all: a new session
// would only meet it again.
type storedStage struct{ *joinStage }

func final(err error) error {
	if errors.Is(err, store.ErrFailed) {
		return fmt.Errorf("%w: %w", consumer.ErrFatal, err)
	}
	return err
}

// Ready implements consumer.Recovering.
func (s storedStage) Ready() ([]consumer.Partition, error) {
	resume, err := s.joinStage.Ready()
	return resume, final(err)
}

// Process implements consumer.Stage.
func (s storedStage) Process(ctx context.Context, now time.Time, fetches kgo.Fetches, out *consumer.Output) error {
	return final(s.joinStage.Process(ctx, now, fetches, out))
}

// Committed implements consumer.Stage.
func (s storedStage) Committed() error { return final(s.joinStage.Committed()) }

// Aborted implements consumer.Stage.
func (s storedStage) Aborted() error { return final(s.joinStage.Aborted()) }
