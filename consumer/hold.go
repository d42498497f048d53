package consumer

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// How long a held partition rests before it is read again: doubled while it is
// held at the same offset.
const (
	holdFirst = 100 * time.Millisecond
	holdMost  = 5 * time.Second
	holdTell  = 10 * time.Second // it is told of when it lasts so long
)

// Hold is why a partition is not read on.
type Hold struct {
	Offset int64 // the first record that waits
	Reason error // what it waits for
}

// waiting is a partition that is held, or was until just now.
type waiting struct {
	Hold
	since, until time.Time
	rest         time.Duration
	told         bool
}

// hold rewinds the partitions that the stage could not read to the end, and
// lets them rest; those that were read are forgotten.
func (s *session) hold(now time.Time, fetches kgo.Fetches, out *Output) {
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		at := Partition{p.Topic, p.Partition}
		if _, held := out.Holds[at]; len(p.Records) > 0 && !held {
			s.forget(at)
		}
	})
	if len(out.Holds) == 0 {
		return
	}
	rewind, pause := map[string]map[int32]kgo.EpochOffset{}, map[string][]int32{}
	for p, h := range out.Holds {
		w := s.waits[p]
		if w == nil || w.Offset != h.Offset {
			s.forget(p)
			w = &waiting{since: now}
			s.waits[p] = w
		}
		w.Hold, w.rest = h, min(max(2*w.rest, holdFirst), holdMost)
		w.until = now.Add(w.rest)
		if rewind[p.Topic] == nil {
			rewind[p.Topic] = map[int32]kgo.EpochOffset{}
		}
		rewind[p.Topic][p.ID] = kgo.EpochOffset{Epoch: -1, Offset: h.Offset}
		pause[p.Topic] = append(pause[p.Topic], p.ID)
	}
	s.client.PauseFetchPartitions(pause)
	s.client.SetOffsets(rewind)
}

// release lets the partitions be read again that have rested, and tells of
// those that have been held for long, or whose offsets are withheld.
func (s *session) release(now time.Time) {
	where, worst, longest := s.withheld(now)
	for p, w := range s.waits {
		if since := now.Sub(w.since); since >= holdTell && since > longest {
			longest, worst, where = since, w.Hold, p
			if !w.told {
				w.told = true
				s.config.Log.Warn("a partition waits", "stage", s.config.Name, "topic", p.Topic, "partition", p.ID, "offset", w.Offset, "reason", w.Reason)
			}
		}
		if !w.until.IsZero() && !now.Before(w.until) {
			w.until = time.Time{}
			s.resume([]Partition{p})
		}
	}
	if s.config.Held != nil {
		s.config.Held(where, worst, longest)
	}
}

// forget ends the wait of a partition.
func (s *session) forget(p Partition) {
	if w := s.waits[p]; w != nil && w.told {
		s.config.Log.Info("a partition is read again", "stage", s.config.Name, "topic", p.Topic, "partition", p.ID, "waited", time.Since(w.since))
	}
	delete(s.waits, p)
}
