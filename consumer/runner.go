package consumer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrFatal marks a fault that a new session would only meet again: the run ends.
var ErrFatal = errors.New("stopped")

// Run takes part in the group until ctx ends or the stage is done. A session
// whose outcome is unknown is replaced; the stage then starts again from what
// Kafka holds.
func Run(ctx context.Context, config Config, stage Stage) error {
	backoff := 100 * time.Millisecond
	for {
		began := time.Now()
		err := runSession(ctx, &config, stage)
		if errors.Is(err, errFarewell) {
			return err
		}
		if err == nil || ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, ErrFatal) {
			return err
		}
		if time.Since(began) > time.Minute {
			backoff = 100 * time.Millisecond
		}
		config.Log.Warn("session replaced", "stage", config.Name, "reason", err, "in", backoff)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(backoff):
		}
		backoff = min(2*backoff, 5*time.Second)
	}
}

func runSession(ctx context.Context, config *Config, stage Stage) (err error) {
	// What has begun is finished although ctx ends: a cancelled End leaves the
	// client unusable and the outcome unknown.
	work, end := config.outlive(ctx)
	defer end()
	s, err := newSession(ctx, work, config)
	if err != nil {
		return err
	}
	held := map[Partition]bool{}
	recovering, recovers := stage.(Recovering)
	pausing, pauses := stage.(Pausing)
	defer func() {
		if err != nil && ctx.Err() == nil {
			err = errors.Join(err, s.usurped())
		}
		s.close()
		if work.Err() != nil {
			err = s.farewell()
		}
		gone := make([]Partition, 0, len(held))
		for p := range held {
			gone = append(gone, p)
		}
		stage.Revoke(gone)
	}()
	var out Output
	var last time.Time
	for {
		if !out.More {
			s.rest(ctx, last)
		}
		s.release(time.Now())
		s.adopt(ctx, time.Now())
		if err := s.awaitMarkers(ctx); err != nil {
			return err
		}
		if err := s.settle(work); err != nil {
			return err
		}
		s.pause(pauses && pausing.Pause())
		fetches := s.poll(ctx, out.More)
		if ctx.Err() != nil {
			return nil
		}
		skipped, err := markOversized(fetches)
		if err != nil {
			return err
		}
		if err := s.fetchFault(ctx, fetches, held); err != nil {
			return err
		}
		revoked, assigned := s.handover(held, fetches)
		if len(revoked) > 0 {
			for _, p := range revoked {
				delete(held, p)
				delete(s.waits, p)
			}
			stage.Revoke(revoked)
		}
		if recovers {
			ready, err := recovering.Ready()
			if err != nil {
				return fmt.Errorf("%s: %w", config.Name, err)
			}
			s.resume(ready)
		}
		idle := fetches.NumRecords() == 0
		last = config.now()
		out.reset()
		committed := false
		if !idle || !s.paused {
			committed, err = s.process(work, stage, fetches, &out, last)
		}
		if err == nil {
			err = s.passOver(skipped, committed)
		}
		if err != nil {
			return err
		}
		if config.Recycle {
			recycle(fetches)
		}
		s.client.AllowRebalance()
		if out.Done {
			return nil
		}
		if len(assigned) > 0 {
			partitions := make([]Partition, 0, len(assigned))
			for _, c := range assigned {
				held[c.Partition] = true
				partitions = append(partitions, c.Partition)
			}
			_, generation := s.client.GroupMetadata()
			config.Log.Info("partitions were assigned", "stage", config.Name, "generation", generation, "gained", len(assigned), "held", len(held))
			if err := stage.Assign(ctx, assigned); err != nil {
				return fmt.Errorf("%s: take over partitions: %w", config.Name, err)
			}
			if !recovers {
				s.resume(partitions)
			}
		}
	}
}

// process lets the stage handle what was polled, and commits what comes of it.
func (s *session) process(ctx context.Context, stage Stage, fetches kgo.Fetches, out *Output, now time.Time) (committed bool, err error) {
	if err := stage.Process(ctx, now, fetches, out); err != nil {
		return false, errors.Join(err, stage.Aborted())
	}
	if fetches.NumRecords() == 0 && out.empty() {
		return false, stage.Aborted()
	}
	return s.finish(ctx, stage, fetches, out, now)
}

// finish ends the transaction and tells the stage which way it ended.
func (s *session) finish(ctx context.Context, stage Stage, fetches kgo.Fetches, out *Output, now time.Time) (committed bool, err error) {
	committed, err = s.transact(ctx, fetches, out)
	if err != nil || !committed {
		out.Done = false
		return false, errors.Join(err, stage.Aborted())
	}
	s.hold(now, fetches, out)
	return true, stage.Committed()
}

// enough is the part of the most that a poll may take which is no trickle. The
// client fetches no more before it is taken, so more would not come by waiting.
const enough = 8

// rest waits until the commit interval has passed since the last commit, so
// that a trickle does not become a transaction per record.
func (s *session) rest(ctx context.Context, last time.Time) {
	wait := s.config.CommitInterval - time.Since(last)
	full := s.client.BufferedFetchRecords() >= int64(max(1, s.config.MaxRecords/enough)) || s.config.PollBytes > 0 && s.client.BufferedFetchBytes() >= s.config.PollBytes/enough
	if wait <= 0 || full {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// poll takes what is there, and may wait a little where nothing is.
func (s *session) poll(ctx context.Context, more bool) kgo.Fetches {
	wait := s.config.CommitInterval
	if more {
		wait = min(wait, time.Millisecond)
	}
	poll, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	return s.client.PollRecords(poll, s.most())
}

// most is how many records to poll: fewer where those that are there are large.
func (s *session) most() int {
	n, bytes := s.client.BufferedFetchRecords(), s.client.BufferedFetchBytes()
	if s.config.PollBytes == 0 || bytes <= s.config.PollBytes || n == 0 {
		return s.config.MaxRecords
	}
	return int(max(1, min(int64(s.config.MaxRecords), n*s.config.PollBytes/bytes)))
}
