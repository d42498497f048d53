package scoring

import (
	"math"
	"time"

	"hindsight/schemas"
)

// part is a figure of a time in UTC.
type part func(t time.Time) float64

// parts are the parts of times by name.
func parts() map[string]part {
	return map[string]part{
		"year":    func(t time.Time) float64 { return float64(t.Year()) },
		"month":   func(t time.Time) float64 { return float64(t.Month()) },
		"day":     func(t time.Time) float64 { return float64(t.Day()) },
		"yearday": func(t time.Time) float64 { return float64(t.YearDay()) },
		"weekday": func(t time.Time) float64 { return float64((t.Weekday() + 6) % 7) }, // Monday is 0
		"hour":    func(t time.Time) float64 { return float64(t.Hour()) },
		"minute":  func(t time.Time) float64 { return float64(t.Minute()) },
		"second":  func(t time.Time) float64 { return float64(t.Second()) },
		"unix":    func(t time.Time) float64 { return float64(t.Unix()) },
	}
}

func timeParts() []string { return sortedKeys(parts()) }

// timePart returns the part of i, NaN where i is missing.
func (f *feature) timePart(i schemas.Instant) float64 {
	if i == schemas.Beginning {
		return math.NaN()
	}
	return f.part(i.Time())
}
