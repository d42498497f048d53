package config

import (
	"math"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"0": 0, "0s": 0, "14d": 14 * day, "1d12h": 36 * time.Hour, "1.5d": 36 * time.Hour, "-1d": -day, "-1d1h": -25 * time.Hour,
		"90m": 90 * time.Minute, "100ms": 100 * time.Millisecond, "1d0s": day, "106751d": 106751 * day, "2h45m": 165 * time.Minute,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "d", "14", "1w", "1d-1h", "1d+1h", "1h1d", "1d1d", "--1d", "1e9d", "0x1d", "infd", "nand", "106752d", "106751d24h", ".d", "1 d"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q) = %v, want an error", text, got)
		}
	}
}

func TestFormatDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 14 * 24 * time.Hour: "14d", 36 * time.Hour: "1d12h", time.Minute: "1m", time.Hour: "1h", time.Hour + time.Second: "1h0m1s",
		-36 * time.Hour: "-1d12h", 100 * time.Millisecond: "100ms", 24*time.Hour + time.Nanosecond: "1d1ns",
	} {
		if got := FormatDuration(d); got != want {
			t.Errorf("FormatDuration(%d) = %q, want %q", d, got, want)
		}
	}
}

func FuzzDuration(f *testing.F) {
	for _, d := range []int64{0, 1, -1, math.MaxInt64, math.MinInt64, int64(36 * time.Hour), 86400e9 + 1} {
		f.Add(d)
	}
	f.Fuzz(func(t *testing.T, n int64) {
		if n == math.MinInt64 {
			t.Skip("has no opposite")
		}
		text := FormatDuration(time.Duration(n))
		if got, err := ParseDuration(text); err != nil || got != time.Duration(n) {
			t.Errorf("%d is written %q and read %d, %v", n, text, got, err)
		}
	})
}

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{"0": 0, "1": 1, "1MiB": 1 << 20, "16 KiB": 16 << 10, "2GiB": 2 << 30, "3kB": 3000, "4MB": 4e6, "5B": 5, "-1KiB": -1024} {
		got, err := ParseSize(text)
		if err != nil || got != want {
			t.Errorf("ParseSize(%q) = %d, %v, want %d", text, got, err, want)
		}
		if again, err := ParseSize(got.String()); err != nil || again != got {
			t.Errorf("%d is written %q and read %d, %v", got, got, again, err)
		}
	}
	for _, text := range []string{"", "MiB", "1.5MiB", "1TiB", "1mib", "9223372036854775807KiB", "one"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("ParseSize(%q) = %d, want an error", text, got)
		}
	}
}

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"gruop", "group", 1}, {"topic", "topics", 1}, {"abc", "abc", 0}} {
		if got := editDistance(c.a, c.b); got != c.want || editDistance(c.b, c.a) != got {
			t.Errorf("editDistance(%q, %q) = %d, want %d both ways", c.a, c.b, got, c.want)
		}
	}
}
