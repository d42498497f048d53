package consumer

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// LostError says that a log does not hold what is to be read next: going on
// would skip records in silence. It is an ErrFatal.
type LostError struct {
	Partition
	Next       int64 // the offset that is to be read next
	Start, End int64 // of the log as it is now
}

// Error names the range that is lost.
func (e *LostError) Error() string {
	switch {
	case e.Next < e.Start:
		return fmt.Sprintf("%v: %s/%d: offsets %d to %d were deleted before they were read, by retention or by hand: the log begins at %d",
			ErrFatal, e.Topic, e.ID, e.Next, e.Start-1, e.Start)
	case e.Next > e.End:
		return fmt.Sprintf("%v: %s/%d: offsets %d to %d were read and are gone: the log ends at %d (an unclean election, a lost disk, a backup put back, or the topic was made anew)",
			ErrFatal, e.Topic, e.ID, e.End, e.Next-1, e.End)
	}
	return fmt.Sprintf("%v: %s/%d: records before offset %d are not those that were read (an unclean election): the log was cut and written again",
		ErrFatal, e.Topic, e.ID, e.Next)
}

// Is makes a LostError an ErrFatal.
func (e *LostError) Is(target error) bool { return target == ErrFatal }

// RecreatedError says that a topic which is read or written was deleted; it
// may have been made anew since. It is an ErrFatal.
type RecreatedError struct{ Topic string }

// Error names the topic.
func (e *RecreatedError) Error() string {
	return fmt.Sprintf("%v: topic %s was deleted, and perhaps made anew, while it was in use", ErrFatal, e.Topic)
}

// Is makes a RecreatedError an ErrFatal.
func (e *RecreatedError) Is(target error) bool { return target == ErrFatal }

// fetchFault returns what ends the session. A partition with a fatal error is
// never fetched again, so going on would lose it in silence.
func (s *session) fetchFault(ctx context.Context, fetches kgo.Fetches, held map[Partition]bool) error {
	s.mu.Lock()
	fault := s.fault
	s.mu.Unlock()
	if fault != nil {
		return fault
	}
	fetches.EachError(func(topic string, id int32, err error) {
		p := Partition{topic, id}
		var loss *kgo.ErrDataLoss
		switch {
		case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
			return
		case errors.As(err, &loss):
			err = &LostError{Partition: p, Next: loss.ConsumedTo, End: loss.ResetTo}
		case errors.Is(err, kerr.OffsetOutOfRange):
			err = s.outOfRange(ctx, p)
		case errors.Is(err, kerr.UnknownTopicID) && held[p]:
			err = &RecreatedError{topic}
		case errors.Is(err, kerr.FencedInstanceID):
			err = fmt.Errorf("%w: %w: %w", ErrFatal, s.nameTaken(), err)
		case kerr.IsRetriable(err):
			return
		default:
			err = fmt.Errorf("fetch %s/%d: %w", topic, id, err)
		}
		fault = errors.Join(fault, err)
	})
	return fault
}

// outOfRange says what of a partition is lost, whose next offset is not in its log.
func (s *session) outOfRange(ctx context.Context, p Partition) error {
	next, ok := s.client.UncommittedOffsets()[p.Topic][p.ID]
	if !ok {
		next, ok = s.client.CommittedOffsets()[p.Topic][p.ID]
	}
	if !ok {
		return fmt.Errorf("%w: %s/%d: the next offset is not in the log", ErrFatal, p.Topic, p.ID)
	}
	logs, err := listLogs(ctx, s.client, p.Topic)
	if err != nil {
		return err
	}
	if lost := logs.lost(p, next.Offset); lost != nil && !s.config.accepts(lost) {
		return lost
	}
	return fmt.Errorf("%s/%d: offset %d was out of range", p.Topic, p.ID, next.Offset)
}

// logs are the first and the next offset of every partition of some topics.
type logs struct{ starts, ends kadm.ListedOffsets }

func listLogs(ctx context.Context, client *kgo.Client, topics ...string) (l logs, err error) {
	admin := kadm.NewClient(client)
	if l.starts, err = admin.ListStartOffsets(ctx, topics...); err != nil {
		return l, fmt.Errorf("start offsets: %w", err)
	}
	if l.ends, err = admin.ListEndOffsets(ctx, topics...); err != nil {
		return l, fmt.Errorf("end offsets: %w", err)
	}
	return l, nil
}

// start returns the first offset of a partition.
func (l logs) start(p Partition) (int64, error) {
	at, ok := l.starts.Lookup(p.Topic, p.ID)
	if !ok || at.Err != nil {
		return 0, errors.Join(fmt.Errorf("start offset of %s/%d is not known", p.Topic, p.ID), at.Err)
	}
	return at.Offset, nil
}

// lost compares the offset that is to be read next with the log; nil is well.
func (l logs) lost(p Partition, next int64) *LostError {
	start, known := l.starts.Lookup(p.Topic, p.ID)
	end, both := l.ends.Lookup(p.Topic, p.ID)
	if !known || !both || start.Err != nil || end.Err != nil || next >= start.Offset && next <= end.Offset {
		return nil
	}
	return &LostError{Partition: p, Next: next, Start: start.Offset, End: end.Offset}
}

// accepts reports whether the loss is one to go on after: records that were
// deleted before they were read, of a topic for which that is configured.
func (c *Config) accepts(e *LostError) bool {
	return e.Next < e.Start && c.AcceptLoss != nil && c.AcceptLoss(e.Topic)
}
