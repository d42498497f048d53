package schemas

import (
	"math"
	"time"
)

// Instant is a point of stream time: microseconds since the Unix epoch, UTC.
type Instant int64

const (
	// Beginning is before every instant: the clock of a source that has shown nothing yet.
	Beginning Instant = math.MinInt64
	// Forever is after every instant.
	Forever Instant = math.MaxInt64
)

// InstantOf returns t in microseconds, rounded down.
func InstantOf(t time.Time) Instant { return Instant(t.UnixMicro()) }

// InstantOfMillis converts a Kafka record timestamp, saturating at Beginning and Forever.
func InstantOfMillis(ms int64) Instant {
	switch {
	case ms > math.MaxInt64/1000:
		return Forever
	case ms < math.MinInt64/1000:
		return Beginning
	}
	return Instant(ms * 1000)
}

// Time returns i as a UTC time.
func (i Instant) Time() time.Time { return time.UnixMicro(int64(i)).UTC() }

// Add returns i+d, saturating at Beginning and Forever, which it leaves as they are.
func (i Instant) Add(d time.Duration) Instant {
	if i == Beginning || i == Forever {
		return i
	}
	sum := i + Instant(d.Microseconds())
	switch {
	case d > 0 && sum < i:
		return Forever
	case d < 0 && sum > i:
		return Beginning
	}
	return sum
}

// Sub returns i-j as a duration. Neither may be Beginning or Forever.
func (i Instant) Sub(j Instant) time.Duration { return time.Duration(i-j) * time.Microsecond }

// Floor returns the last multiple of width at or before i, counted from the epoch.
func (i Instant) Floor(width time.Duration) Instant {
	if i == Beginning || i == Forever {
		return i
	}
	w := Instant(width.Microseconds())
	r := i % w
	if r < 0 {
		r += w
	}
	return i - r
}

// Ceil returns the first multiple of width at or after i.
func (i Instant) Ceil(width time.Duration) Instant {
	f := i.Floor(width)
	if f == i {
		return i
	}
	return f.Add(width)
}

// After returns the first multiple of width strictly after i.
func (i Instant) After(width time.Duration) Instant { return i.Floor(width).Add(width) }

// String formats i as RFC 3339 with as many decimals as it needs.
func (i Instant) String() string {
	switch i {
	case Beginning:
		return "beginning"
	case Forever:
		return "forever"
	}
	return i.Time().Format(time.RFC3339Nano)
}
