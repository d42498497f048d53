package registry

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"hindsight/schemas"
)

const (
	maxEntries = 1000
	unknownFor = time.Minute // how long an id that nobody knows is not asked for again
	ratePerSec = 10
)

// cache holds the answers of the registry, the oldest dropped first.
type cache struct {
	known, unknown shelf
}

type shelf struct {
	entries map[uint32]entry
	order   []uint32 // oldest first
}

type entry struct {
	answer
	at time.Time
}

func (c *cache) get(id uint32, now time.Time) (answer, bool) {
	if e, ok := c.known.entries[id]; ok {
		return e.answer, true
	}
	e, ok := c.unknown.entries[id]
	if ok && now.Sub(e.at) < unknownFor {
		return e.answer, true
	}
	return answer{}, false
}

// put keeps a for ever, or for unknownFor if it is that nobody knows the id.
// The two do not crowd out each other.
func (c *cache) put(id uint32, a answer, now time.Time) {
	c.unknown.remove(id)
	c.known.remove(id)
	if errors.Is(a.err, schemas.ErrUnknownSchema) {
		c.unknown.add(id, entry{a, now})
	} else {
		c.known.add(id, entry{a, now})
	}
}

func (s *shelf) add(id uint32, e entry) {
	if s.entries == nil {
		s.entries = map[uint32]entry{}
	}
	if len(s.order) == maxEntries {
		s.remove(s.order[0])
	}
	s.entries[id] = e
	s.order = append(s.order, id)
}

func (s *shelf) remove(id uint32) {
	if _, ok := s.entries[id]; ok {
		delete(s.entries, id)
		i := slices.Index(s.order, id)
		s.order = slices.Delete(s.order, i, i+1)
	}
}

// limiter is a token bucket of one second's worth of requests.
type limiter struct {
	now func() time.Time

	mu   sync.Mutex
	full time.Time // when the bucket is full again
}

// wait returns once a request may be made, or with the error of ctx.
func (l *limiter) wait(ctx context.Context) error {
	l.mu.Lock()
	wait := l.reserve(l.now())
	l.mu.Unlock()
	if wait == 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		l.full = l.full.Add(-time.Second / ratePerSec) // it was not used
		return context.Cause(ctx)
	}
}

// reserve takes a token and returns how long to wait until it is there.
func (l *limiter) reserve(now time.Time) time.Duration {
	if l.full.Before(now) {
		l.full = now
	}
	l.full = l.full.Add(time.Second / ratePerSec)
	return max(0, l.full.Sub(now)-time.Second)
}
