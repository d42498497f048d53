package app

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"

	"hindsight/consumer"
)

// recoveries bring the states of partitions to what was committed, beside the
// loop of their stage: each in a goroutine of its own, at most GOMAXPROCS at a
// time. Its methods are for the loop.
type recoveries[T any] struct {
	slots   chan struct{}
	running map[int32]*recovering[T]
}

type recovering[T any] struct {
	cancel   context.CancelFunc
	done     chan struct{} // closed once result and err are set
	result   T
	err      error
	resume   []consumer.Partition // paused until done
	progress *progress
}

func newRecoveries[T any]() *recoveries[T] {
	return &recoveries[T]{slots: make(chan struct{}, runtime.GOMAXPROCS(0)), running: map[int32]*recovering[T]{}}
}

// start recovers partition id, whose records come from the paused partitions.
func (r *recoveries[T]) start(ctx context.Context, id int32, paused []consumer.Partition, p *progress, recover func(context.Context) (T, error)) {
	ctx, cancel := context.WithCancel(ctx)
	x := &recovering[T]{cancel: cancel, done: make(chan struct{}), resume: paused, progress: p}
	r.running[id] = x
	go func() {
		defer close(x.done)
		defer p.end()
		select {
		case r.slots <- struct{}{}:
			defer func() { <-r.slots }()
			x.err = caught(func() (err error) { x.result, err = recover(ctx); return err })
		case <-ctx.Done():
			x.err = ctx.Err()
		}
	}()
}

// finished gives what is recovered to adopt and returns the partitions whose
// records may come now, or the first error.
func (r *recoveries[T]) finished(adopt func(id int32, result T)) (resume []consumer.Partition, err error) {
	for _, id := range slices.Sorted(maps.Keys(r.running)) {
		x := r.running[id]
		select {
		case <-x.done:
		default:
			continue
		}
		x.cancel()
		delete(r.running, id)
		if x.err != nil {
			return nil, fmt.Errorf("recover partition %d: %w", id, x.err)
		}
		adopt(id, x.result)
		resume = append(resume, x.resume...)
	}
	return resume, nil
}

// stop cancels the recovery of a partition and returns once it has ended.
func (r *recoveries[T]) stop(id int32) {
	if x := r.running[id]; x != nil {
		x.cancel()
		<-x.done
		delete(r.running, id)
	}
}

// none reports whether every partition is recovered.
func (r *recoveries[T]) none() bool { return len(r.running) == 0 }

// String says how far the recoveries have come, "" where there are none.
func (r *recoveries[T]) String() string {
	var all []string
	for _, id := range slices.Sorted(maps.Keys(r.running)) {
		all = append(all, r.running[id].progress.String())
	}
	const most = 4 // in a sentence that somebody reads
	if n := len(all) - most; n > 0 {
		all = append(all[:most], fmt.Sprintf("%d more partitions", n))
	}
	return strings.Join(all, ", ")
}
