package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// ParseDuration reads a Go duration that may also have days, such as 14d or
// 1d12h; a day is 24 hours.
func ParseDuration(s string) (time.Duration, error) {
	errForm := errors.New("must be a duration with units, such as 14d, 1d12h, 90m, 30s or 100ms")
	rest, negative := strings.CutPrefix(s, "-")
	days, after, found := strings.Cut(rest, "d")
	if !found {
		d, err := time.ParseDuration(s)
		if err != nil {
			return 0, errForm
		}
		return d, nil
	}
	if strings.Trim(days, "0123456789.") != "" {
		return 0, errForm
	}
	n, err := strconv.ParseFloat(days, 64)
	if err != nil || n*float64(day) >= math.MaxInt64 {
		return 0, errForm
	}
	d := time.Duration(math.Round(n * float64(day)))
	if after != "" {
		more, err := time.ParseDuration(after)
		if err != nil || more < 0 || strings.HasPrefix(after, "+") || d > math.MaxInt64-more {
			return 0, errForm
		}
		d += more
	}
	if negative {
		d = -d
	}
	return d, nil
}

// FormatDuration writes d the way ParseDuration reads it, without empty units.
func FormatDuration(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	sign := ""
	if d < 0 {
		if d == math.MinInt64 {
			return d.String()
		}
		sign, d = "-", -d
	}
	text := ""
	if days := d / day; days > 0 {
		text, d = strconv.FormatInt(int64(days), 10)+"d", d%day
	}
	if d > 0 {
		rest := d.String()
		if strings.HasSuffix(rest, "m0s") {
			rest = strings.TrimSuffix(rest, "0s")
		}
		if strings.HasSuffix(rest, "h0m") {
			rest = strings.TrimSuffix(rest, "0m")
		}
		text += rest
	}
	return sign + text
}

// Size is a number of bytes.
type Size int64

// sizeUnits are the units of a Size, the largest first; the powers of 1024 are
// the ones that String prefers.
func sizeUnits() []struct {
	name  string
	bytes int64
} {
	return []struct {
		name  string
		bytes int64
	}{
		{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
		{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"KB", 1e3}, {"B", 1},
	}
}

// ParseSize reads a whole number of bytes with a unit (B, KiB, MiB, GiB, kB,
// MB, GB) or none.
func ParseSize(s string) (Size, error) {
	number, unit := s, int64(1)
	for _, u := range sizeUnits() {
		if n, ok := strings.CutSuffix(s, u.name); ok {
			number, unit = strings.TrimSpace(n), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n > math.MaxInt64/unit || n < math.MinInt64/unit {
		return 0, errors.New("must be a whole number of bytes, such as 1MiB, 512KiB or 1048576")
	}
	return Size(n * unit), nil
}

// String writes s with the largest unit that divides it.
func (s Size) String() string {
	for _, u := range sizeUnits()[:3] {
		if s != 0 && int64(s)%u.bytes == 0 {
			return fmt.Sprintf("%d%s", int64(s)/u.bytes, u.name)
		}
	}
	return strconv.FormatInt(int64(s), 10)
}
