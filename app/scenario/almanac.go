package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"hindsight/app/config"
	"hindsight/schemas"
)

const day = 24 * time.Hour

// almanac reads and writes times. Day 0 begins at start.
type almanac struct {
	start schemas.Instant
	dated bool // the file says which date day 0 is
}

func newAlmanac() almanac {
	return almanac{start: schemas.InstantOf(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))}
}

// time reads 10:00[:30[.5]] on day 0, +3d or +90m after its beginning, a date,
// or one of the last two followed by a time of day.
func (a almanac) time(words []word) (at schemas.Instant, rest []word, err error) {
	if len(words) == 0 {
		return 0, nil, fmt.Errorf("a time is missing, such as 10:00, +3d, \"+3d 10:00\" or 2019-03-01")
	}
	text, rest := words[0].text, words[1:]
	if d, ok := clockTime(text); ok {
		return a.start.Add(d), rest, nil
	}
	if after, ok := strings.CutPrefix(text, "+"); ok {
		d, err := config.ParseDuration(after)
		if err != nil || d < 0 {
			return 0, nil, fmt.Errorf("%q is no time: + is followed by a duration, such as +3d or +90m", text)
		}
		at = a.start.Add(d)
	} else if at, err = date(text); err != nil {
		return 0, nil, err
	} else if len(text) > len(time.DateOnly) {
		return at, rest, nil
	}
	if len(rest) > 0 && !rest[0].quoted {
		if d, ok := clockTime(rest[0].text); ok {
			return at.Add(d), rest[1:], nil
		}
	}
	return at, rest, nil
}

// clockTime reads a time of day.
func clockTime(text string) (time.Duration, bool) {
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, false
	}
	seconds, fraction, found := "0", "", false
	if len(parts) == 3 {
		seconds, fraction, found = strings.Cut(parts[2], ".")
	}
	if found && (fraction == "" || len(fraction) > 6) {
		return 0, false
	}
	var d time.Duration
	for _, p := range []struct {
		text string
		unit time.Duration
		most int
	}{
		{parts[0], time.Hour, 24}, {parts[1], time.Minute, 59}, {seconds, time.Second, 59},
		{(fraction + "000000")[:6], time.Microsecond, 999_999},
	} {
		n, err := strconv.Atoi(p.text)
		if err != nil || n < 0 || n > p.most || p.text[0] == '+' || p.text[0] == '-' {
			return 0, false
		}
		d += time.Duration(n) * p.unit
	}
	return d, d <= day
}

func date(text string) (schemas.Instant, error) {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return schemas.InstantOf(t), nil
	}
	if t, err := schemas.ParseInstant(text); err == nil {
		return t, nil
	}
	return 0, fmt.Errorf("%q is no time: want 10:00, +3d, 2019-03-01 or 2019-03-01T10:00:00Z", text)
}

// format writes a time as it is read best.
func (a almanac) format(i schemas.Instant) string {
	if i == schemas.Beginning || i == schemas.Forever {
		return "never"
	}
	midnight := i.Floor(day)
	clock := clockText(i.Sub(midnight))
	switch n := midnight.Sub(a.start) / day; {
	case n == 0 && !(a.dated && i == midnight):
		return clock
	case !a.dated && n > 0 && i == midnight:
		return fmt.Sprintf("+%dd", n)
	case !a.dated && n > 0:
		return fmt.Sprintf("+%dd %s", n, clock)
	case i == midnight:
		return i.Time().Format(time.DateOnly)
	}
	return i.Time().Format(time.DateOnly) + " " + clock
}

func clockText(d time.Duration) string {
	text := time.Unix(0, 0).UTC().Add(d).Format("15:04:05.999999")
	return strings.TrimSuffix(text, ":00")
}
