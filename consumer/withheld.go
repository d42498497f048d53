package consumer

import (
	"errors"
	"time"
)

// errWithheld is why an assigned partition is not read: brokers withhold its
// offset while a transaction that may still change it is open. No such
// transaction may be open for longer than its timeout, but brokers that are
// killed have been seen to lose the marker that ends one.
var errWithheld = errors.New("the group's offset is withheld by a transaction that has been open for longer than transactions may be; " +
	"find it with: kafka-transactions.sh find-hanging --broker-id ID, on each broker, and end it with: kafka-transactions.sh abort " +
	"(both take --topic __consumer_offsets)")

// await notes partitions whose offsets are being fetched from now on.
func (s *session) await(added map[string][]int32, now time.Time) {
	for topic, ids := range added {
		for _, id := range ids {
			s.awaited[Partition{topic, id}] = now
		}
	}
}

// withheld returns the partition that has waited longest for its offset, once
// that is longer than a transaction may be open.
func (s *session) withheld(now time.Time) (where Partition, worst Hold, longest time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p, since := range s.awaited {
		if wait := now.Sub(since); wait > s.config.EndTimeout && wait > longest {
			where, worst, longest = p, Hold{Offset: -1, Reason: errWithheld}, wait
		}
	}
	if longest > 0 && !s.toldWithheld {
		s.toldWithheld = true
		s.config.Log.Warn("a partition waits", "stage", s.config.Name, "topic", where.Topic, "partition", where.ID, "waited", longest, "reason", errWithheld)
	}
	return where, worst, longest
}
