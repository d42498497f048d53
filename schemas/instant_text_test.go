package schemas

import (
	"testing"
	"time"
)

func TestParseInstant(t *testing.T) {
	at := func(layout string) Instant {
		v, err := time.Parse(time.RFC3339Nano, layout)
		if err != nil {
			t.Fatal(err)
		}
		return InstantOf(v)
	}
	for in, want := range map[string]string{
		"2026-11-23T08:15:00Z":            "2026-11-23T08:15:00Z",
		"2026-11-23t08:15:00z":            "2026-11-23T08:15:00Z",
		"2026-11-23 08:15:00Z":            "2026-11-23T08:15:00Z",
		"2026-11-23 08:15:00":             "2026-11-23T08:15:00Z",
		"2026-11-23T08:15:00":             "2026-11-23T08:15:00Z",
		"2026-11-23 08:15:00.25":          "2026-11-23T08:15:00.25Z",
		"2026-11-23 08:15:00.1234569":     "2026-11-23T08:15:00.123456Z",
		"2026-11-23T08:15:00.5+01:30":     "2026-11-23T06:45:00.5Z",
		"2026-11-23T00:15:00-23:59":       "2026-11-24T00:14:00Z",
		"1969-12-31 23:59:59.9999999":     "1969-12-31T23:59:59.999999Z",
		"2024-02-29 00:00:00":             "2024-02-29T00:00:00Z",
		"0001-01-01T00:00:00Z":            "0001-01-01T00:00:00Z",
		"9999-12-31T23:59:59.999999999Z":  "9999-12-31T23:59:59.999999Z",
		"2026-11-23T08:15:00.0000000000Z": "2026-11-23T08:15:00Z",
	} {
		if got, err := ParseInstant(in); err != nil || got != at(want) {
			t.Errorf("%q: %s, %v; want %s", in, got, err, want)
		}
		if got, err := ParseInstant([]byte(in)); err != nil || got != at(want) {
			t.Errorf("bytes %q: %s, %v; want %s", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", "now", "2026-11-23", "2026-11-23 08:15", "2026-02-29 00:00:00", "2026-00-10 00:00:00", "2026-13-10 00:00:00", "2026-11-00 00:00:00",
		"2026-11-31 00:00:00", "2026-11-23 24:00:00", "2026-11-23 08:60:00", "2026-11-23 08:15:60", "2026-11-23 08:15:00.", "2026-11-23 08:15:00x",
		"2026-11-23 08:15:00+1:00", "2026-11-23 08:15:00+24:00", "2026-11-23 08:15:00+01:60", "2026-11-23 08:15:00+01:00 ", "2026/11/23 08:15:00", "2026-11-23_08:15:00",
		"12026-11-23T08:15:00Z", "-026-11-23T08:15:00Z", "2026-11-23 08:15:00+ab:cd", "2026-11-23 08:15:00ZZ",
	} {
		if got, err := ParseInstant(in); err == nil {
			t.Errorf("%q read as %s", in, got)
		}
	}
}

// FuzzParseInstant: what the standard library reads as RFC 3339, we read, and as the same.
func FuzzParseInstant(f *testing.F) {
	f.Add("2026-11-23T08:15:00.25+01:00")
	f.Add("1969-12-31T23:59:59.9999999Z")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseInstant(s)
		var want time.Time
		if want.UnmarshalText([]byte(s)) == nil { // strict RFC 3339
			if err != nil || got != InstantOf(want) {
				t.Errorf("%q: %s, %v; want %s", s, got, err, want)
			}
		}
	})
}
