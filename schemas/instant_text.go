package schemas

import (
	"fmt"
	"time"
)

// ParseInstant reads RFC 3339 (2026-11-23T08:15:00.25+01:00; T, t or a space;
// Z, z or an offset) and the same without an offset, which is UTC
// (2026-11-23 08:15:00.25). Decimals beyond microseconds are cut.
func ParseInstant[T string | []byte](v T) (Instant, error) {
	i, ok := parseInstant(v)
	if !ok {
		return 0, fmt.Errorf("%q is not a time; want 2026-11-23T08:15:00Z or 2026-11-23 08:15:00", cut(string(v)))
	}
	return i, nil
}

func parseInstant[T string | []byte](v T) (Instant, bool) {
	const layout = "0000-00-00 00:00:00"
	if len(v) < len(layout) {
		return 0, false
	}
	var parts [6]int // year to second
	part := 0
	for i := range len(layout) {
		c := v[i]
		switch {
		case layout[i] == '0':
			if c < '0' || c > '9' {
				return 0, false
			}
			parts[part] = parts[part]*10 + int(c-'0')
			continue
		case layout[i] == ' ':
			if c != ' ' && c != 'T' && c != 't' {
				return 0, false
			}
		case c != layout[i]:
			return 0, false
		}
		part++
	}
	year, month, day, hour, minute, second := parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]
	if month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	if t.Day() != day { // 30 February
		return 0, false
	}
	micros, rest, ok := parseFraction(v[len(layout):])
	if !ok {
		return 0, false
	}
	offset, ok := parseOffset(rest)
	if !ok {
		return 0, false
	}
	return InstantOf(t.Add(-offset)) + Instant(micros), true
}

// parseFraction reads .digits, if it is there, as microseconds.
func parseFraction[T string | []byte](v T) (micros int, rest T, ok bool) {
	if len(v) == 0 || v[0] != '.' {
		return 0, v, true
	}
	i, unit := 1, 100_000
	for ; i < len(v) && v[i] >= '0' && v[i] <= '9'; i++ {
		micros += int(v[i]-'0') * unit
		unit /= 10
	}
	return micros, v[i:], i > 1
}

// parseOffset reads nothing, Z or ±hh:mm.
func parseOffset[T string | []byte](v T) (time.Duration, bool) {
	switch {
	case len(v) == 0:
		return 0, true
	case len(v) == 1:
		return 0, v[0] == 'Z' || v[0] == 'z'
	case len(v) != 6 || v[0] != '+' && v[0] != '-' || v[3] != ':':
		return 0, false
	}
	for _, i := range [...]int{1, 2, 4, 5} {
		if v[i] < '0' || v[i] > '9' {
			return 0, false
		}
	}
	hour, minute := int(v[1]-'0')*10+int(v[2]-'0'), int(v[4]-'0')*10+int(v[5]-'0')
	if hour > 23 || minute > 59 {
		return 0, false
	}
	offset := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
	if v[0] == '-' {
		offset = -offset
	}
	return offset, true
}
