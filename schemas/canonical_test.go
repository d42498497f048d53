package schemas

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{
		"1": "1", "1.0": "1", "1e0": "1", "+1": "1", "01": "1", " 1 ": "1", "10E-1": "1", "true": "1", "TRUE": "1", "True\n": "1",
		"0": "0", "-0": "0", "0.000": "0", "-0e9": "0", "false": "0", "False": "0",
		"-1.50": "-1.5", ".5": "0.5", "5.": "5", "100": "100", "1e2": "100", "1.25e1": "12.5", "12e-4": "0.0012",
		"0.000001": "0.000001", "0.0000001": "1e-7", "1e20": "100000000000000000000", "1e21": "1e+21", "123e20": "1.23e+22",
		"12345678901234567891":   "12345678901234567891",
		"0.10000000000000000001": "0.10000000000000000001",
		"":                       "", " ": "", "fraud": "fraud", " a b ": "a b", "truer": "truer", "tru": "tru", "NaN": "NaN", "inf": "inf", "0x10": "0x10",
		"1_000": "1_000", "1e": "1e", "1e+": "1e+", "e1": "e1", ".": ".", "-": "-", "1.2.3": "1.2.3", "1 2": "1 2", "--1": "--1", "١": "١",
		"1e100001": "1e100001", "1e99999999999999999999": "1e99999999999999999999", "2026-11-23": "2026-11-23",
	} {
		if got := Canonical(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		if got := AppendCanonical([]byte("x"), []byte(in)); string(got) != "x"+want {
			t.Errorf("%q: appended %q, want %q", in, got, want)
		}
	}
}

// TestCanonicalOfFloats: every way to write a float leads to one text, which reads back as it.
func TestCanonicalOfFloats(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		f := math.Float64frombits(rng.Uint64())
		if math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		want := string(appendCanonicalFloat(nil, f, 64))
		for _, format := range []byte("efgEG") {
			if got := Canonical(strconv.FormatFloat(f, format, -1, 64)); got != want {
				t.Fatalf("%v as %%%c: %q, want %q", f, format, got, want)
			}
		}
		if back, err := strconv.ParseFloat(want, 64); err != nil || back != f {
			t.Fatalf("%v: %q reads as %v, %v", f, want, back, err)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, s := range []string{"1.0", " -0e5", "true", "1e-7", "0.00", "9e99"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := Canonical(s)
		if again := Canonical(c); again != c {
			t.Errorf("%q: %q, then %q", s, c, again)
		}
		if strings.TrimSpace(c) != c {
			t.Errorf("%q: %q is not trimmed", s, c)
		}
		want, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if got, err2 := strconv.ParseFloat(c, 64); err == nil && want == want && (err2 != nil || got != want) && !strings.ContainsAny(s, "xX_") {
			t.Errorf("%q is %v, %q is %v, %v", s, want, c, got, err2)
		}
	})
}

func TestCanonicalAllocatesNothing(t *testing.T) {
	buf := make([]byte, 0, 64)
	in := []byte(" 12.50e1 ")
	if n := testing.AllocsPerRun(100, func() { buf = AppendCanonical(buf[:0], in) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { _ = Canonical(" fraud ") }); n != 0 {
		t.Errorf("%v allocations where nothing changes", n)
	}
}
