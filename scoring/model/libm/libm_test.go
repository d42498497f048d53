package libm

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/big"
	"testing"

	"hindsight/scoring/model/parity"
)

// TestExpTable computes every entry in 400 bits.
func TestExpTable(t *testing.T) {
	number := func() *big.Float { return new(big.Float).SetPrec(400) }
	root, v := number().SetInt64(2), number().SetInt64(1)
	for range expBits {
		root.Sqrt(root)
	}
	for k, got := range expTable {
		h, _ := v.Float64()
		tail := number().Quo(v, number().SetFloat64(h))
		tail.Sub(tail, number().SetInt64(1))
		want, _ := tail.Float64()
		if bits := math.Float64bits(h) - uint64(k)<<(52-expBits); got.bits != bits || got.tail != want {
			t.Errorf("entry %d is %v, want {%x, %#x}", k, got, want, bits)
		}
		v.Mul(v, root)
	}
}

// TestBitsOfGlibc compares with glibc 2.36 on x86-64 with FMA, whose answers
// testdata/glibc.c has written: arguments of all sizes, each with exp, and
// with expf and logf of its float32 and log1p of its absolute value.
func TestBitsOfGlibc(t *testing.T) {
	data, err := parity.Unzipped("testdata/glibc.bin.gz")
	if err != nil {
		t.Fatal(err)
	}
	type answers struct {
		X, Exp, Log1p float64
		Expf, Logf    float32
	}
	list := make([]answers, len(data)/binary.Size(answers{}))
	if err := binary.Read(bytes.NewReader(data), binary.LittleEndian, list); err != nil {
		t.Fatal(err)
	}
	if len(list) < 5000 {
		t.Fatalf("only %d arguments", len(list))
	}
	same := func(got, want float64) bool {
		return math.Float64bits(got) == math.Float64bits(want) || got != got && want != want
	}
	for _, a := range list {
		x32 := float32(a.X)
		if got := Exp(a.X); !same(got, a.Exp) {
			t.Errorf("Exp(%v) = %x, want %x", a.X, got, a.Exp)
		}
		if got := Expf(x32); !same(float64(got), float64(a.Expf)) {
			t.Errorf("Expf(%v) = %x, want %x", x32, got, a.Expf)
		}
		if got := Logf(x32); !same(float64(got), float64(a.Logf)) {
			t.Errorf("Logf(%v) = %x, want %x", x32, got, a.Logf)
		}
		if got := Log1pOfPositive(math.Abs(a.X)); !same(got, a.Log1p) {
			t.Errorf("Log1p(%v) = %x, want %x", math.Abs(a.X), got, a.Log1p)
		}
	}
}
