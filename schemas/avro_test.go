package schemas

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var sameRecord = cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateNaNs()}

// TestAppendAvroEqualsGoavro compares bytes; one segment at most, because
// goavro writes maps in random order.
func TestAppendAvroEqualsGoavro(t *testing.T) {
	for _, k := range RecordKinds() {
		t.Run(k.String(), func(t *testing.T) {
			codec, err := NewCodec(k.Schema())
			if err != nil {
				t.Fatal(err)
			}
			s, err := parseSchema(k.Schema())
			if err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(1, uint64(k)))
			for n := range 500 {
				x := randomRecord(rng, k, 1+2*(n%2))
				if f := reflect.ValueOf(x).Elem().FieldByName("Segments"); f.IsValid() && f.Len() > 1 {
					f.SetLen(1)
				}
				want, err := codec.BinaryFromNative(nil, nativeOf(s, reflect.ValueOf(x).Elem()))
				if err != nil {
					t.Fatal(err)
				}
				if got := x.AppendAvro([]byte("before")); !bytes.Equal(got[6:], want) || string(got[:6]) != "before" {
					t.Fatalf("%+v\n got %x\nwant %x", x, got, want)
				}
			}
		})
	}
}

func TestDecodeAvroIsTheInverse(t *testing.T) {
	for _, k := range RecordKinds() {
		t.Run(k.String(), func(t *testing.T) {
			codec, err := NewCodec(k.Schema())
			if err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(2, uint64(k)))
			reused := newRecord(k)
			for n := range 500 {
				x := randomRecord(rng, k, 5)
				b := x.AppendAvro(nil)
				input := bytes.Clone(b)
				if err := reused.DecodeAvro(b); err != nil {
					t.Fatal(err)
				}
				clear(b) // nothing may alias the input
				if diff := cmp.Diff(x, reused, sameRecord); diff != "" {
					t.Fatal(diff)
				}
				if _, err := Native(codec, input); err != nil {
					t.Fatal(err)
				}
				fresh := newRecord(k)
				for cut := range input {
					if n >= 50 {
						break
					}
					err := fresh.DecodeAvro(input[:cut])
					if err == nil && earlier(k) != nil && len(bytes.Trim(fresh.AppendAvro(nil)[cut:], "\x00")) == 0 {
						continue // as an earlier version wrote it
					}
					if !errors.Is(err, ErrDatum) {
						t.Fatalf("cut at %d of %d: %v", cut, len(input), err)
					}
				}
				if err := fresh.DecodeAvro(append(input, 0)); !errors.Is(err, ErrDatum) {
					t.Fatalf("a byte too many: %v", err)
				}
			}
		})
	}
}

// TestDecodeAvroOfSmallestItems holds the least sizes of items against their schemas.
func TestDecodeAvroOfSmallestItems(t *testing.T) {
	none := AlarmMemory{Since: Beginning, PastSince: Beginning, Last: Alarm{Start: Beginning, End: Beginning}}
	for k, x := range map[RecordKind]ownRecord{
		ScoreRecord:      &Score{Probabilities: make([]float64, 3), Segments: make([]Segment, 3), Challengers: make([]Answer, 3)},
		SliceRecord:      &Slice{Cells: []Cell{{Sums: Sums{Pairs: make([]Pair, 3), Histogram: make([]HistogramBin, 3), Delays: make([]Delay, 3), Values: make([]ValueBin, 3), PairWeights: make([]PairWeight, 3), BinWeights: make([]BinWeight, 3)}}, {}, {}}, Fates: make([]FateCount, 3)},
		WindowRecord:     &Window{Metrics: make([]Metric, 3), FinalBy: Beginning, Values: make([]ValueBin, 3)},
		WatchStateRecord: &WatchState{Alarms: []AlarmMemory{none, none, none}},
		ModelStateRecord: &ModelState{Challengers: make([]string, 3)},
	} {
		got := newRecord(k)
		if err := got.DecodeAvro(x.AppendAvro(nil)); err != nil {
			t.Errorf("%s: %v", k, err)
		}
		if diff := cmp.Diff(x, got, sameRecord); diff != "" {
			t.Errorf("%s: %s", k, diff)
		}
	}
}

// TestDecodeAvroOfLargeArrays crosses the limit of one block.
func TestDecodeAvroOfLargeArrays(t *testing.T) {
	x := &Score{Probabilities: make([]float64, 2*maxBlock+1)}
	b := x.AppendAvro(nil)
	var got Score
	if err := got.DecodeAvro(b); err != nil || len(got.Probabilities) != len(x.Probabilities) {
		t.Fatalf("%d probabilities, %v", len(got.Probabilities), err)
	}
	codec, err := NewCodec(ScoreRecord.Schema())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Native(codec, b); err != nil {
		t.Fatal(err)
	}
}

func TestDecodeScoreWithFeatures(t *testing.T) {
	codec, err := NewCodec(ScoreRecord.Schema())
	if err != nil {
		t.Fatal(err)
	}
	want := Score{EventID: "a", Challengers: []Answer{{Model: "m"}}}
	native, err := Native(codec, want.AppendAvro(nil))
	if err != nil {
		t.Fatal(err)
	}
	native.(map[string]any)["features"] = map[string]any{"map": map[string]any{"x": 1.5, "y": 2.5}}
	b, err := codec.BinaryFromNative(nil, native)
	if err != nil {
		t.Fatal(err)
	}
	var got Score
	if err := got.DecodeAvro(b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, sameRecord); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeAvroRefuses(t *testing.T) {
	label := func(tail ...byte) []byte { return append([]byte{2, 'a', 2, '1'}, tail...) }
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"empty":            {nil, "byte 0: string or bytes is cut short"},
		"negative length":  {[]byte{1}, "string or bytes"},
		"varint of eleven": {label(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0), "too long"},
		"varint of 65 bit": {label(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2), "too long"},
		"left over":        {label(0, 0), "1 bytes after the end"},
	} {
		var x Label
		if err := x.DecodeAvro(c.b); !errors.Is(err, ErrDatum) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDecodeSliceOutOfRange sets single values of a slice of one cell.
func TestDecodeSliceOutOfRange(t *testing.T) {
	datum := func(clock, width, bin int64) []byte {
		b := append(make([]byte, 6), 2) // an empty head, one cell
		b = appendLong(appendLong(append(appendLong(b, clock), 0), width), 0)
		b = append(b, 0, 0, 0, 0, 0, 0) // role to pairs
		b = append(appendLong(append(b, 2, 0), bin), 0, 0)
		return append(b, 0, 0, 0, 0, 0, 0) // the sums of losses, delays, values
	}
	const hour = 3_600_000_000
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"well":           {datum(1, hour, 65535), ""},
		"clock":          {datum(2, hour, 0), "enum symbol 2 of 2"},
		"clock below":    {datum(-1, hour, 0), "enum symbol -1 of 2"},
		"width":          {datum(0, 1<<62, 0), "width"},
		"bin":            {datum(0, hour, 65536), "histogram bin 65536"},
		"bin below zero": {datum(0, hour, -1), "histogram bin -1"},
	} {
		var x Slice
		err := x.DecodeAvro(c.b)
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, ErrDatum) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestDecodeAvroOfSizedBlocks(t *testing.T) {
	x := ModelState{Challengers: []string{"a", "b"}}
	plain := x.AppendAvro(nil)
	if want := []byte{0, 0, 4, 2, 'a', 2, 'b', 0, 0, 0, 0, 0}; !bytes.Equal(plain, want) {
		t.Fatalf("%v", plain)
	}
	for size, ok := range map[byte]bool{4: true, 3: false, 5: false} {
		b := append([]byte{0, 0, 3, 2 * size, 2, 'a', 2, 'b'}, plain[7:]...)
		var y ModelState
		if err := y.DecodeAvro(b); (err == nil) != ok || ok && !cmp.Equal(x, y) {
			t.Errorf("block that says %d bytes: %+v, %v", size, y, err)
		}
	}
}

func TestAppendAvroAllocatesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for _, k := range RecordKinds() {
		x := randomRecord(rng, k, 5)
		buf := x.AppendAvro(nil)
		if n := testing.AllocsPerRun(100, func() { buf = x.AppendAvro(buf[:0]) }); n != 0 {
			t.Errorf("%s: %v allocations to encode", k, n)
		}
		if k == WindowRecord {
			continue // Maturity is a pointer
		}
		y := newRecord(k)
		if n := testing.AllocsPerRun(100, func() {
			if err := y.DecodeAvro(buf); err != nil {
				t.Error(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations to decode the same again", k, n)
		}
	}
}

// FuzzDecodeAvro decodes any bytes as any record. What is accepted encodes to
// something that is accepted again and equal.
func FuzzDecodeAvro(f *testing.F) {
	rng := rand.New(rand.NewPCG(4, 4))
	for _, k := range RecordKinds() {
		for range 5 {
			f.Add(uint8(k), randomRecord(rng, k, 3).AppendAvro(nil))
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, b []byte) {
		k := RecordKind(kind % uint8(recordKinds))
		x, y := newRecord(k), newRecord(k)
		if x.DecodeAvro(b) != nil {
			return
		}
		if err := y.DecodeAvro(x.AppendAvro(nil)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(x, y, sameRecord); diff != "" {
			t.Error(diff)
		}
	})
}

// TestDecodeAvroOfMutations is the fuzz target for the ordinary run.
func TestDecodeAvroOfMutations(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, k := range RecordKinds() {
		accepted := 0
		for range 3000 {
			b := randomRecord(rng, k, 3).AppendAvro(nil)
			for range 1 + rng.IntN(4) {
				b[rng.IntN(len(b))] = byte(rng.Uint32())
			}
			if newRecord(k).DecodeAvro(b) == nil {
				accepted++
			}
		}
		if accepted == 0 || accepted == 3000 {
			t.Errorf("%s: %d of 3000 mutations accepted", k, accepted)
		}
	}
}

// TestVarints compares with encoding/binary.
func TestVarints(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	for range 10_000 {
		v := randomLong(rng)
		b := appendLong(nil, v)
		if want := binary.AppendVarint(nil, v); !bytes.Equal(b, want) {
			t.Fatalf("%d: %x, want %x", v, b, want)
		}
		if got, next := readLong(b, 0); got != v || next != len(b) {
			t.Fatalf("%d read as %d, %d bytes", v, got, next)
		}
		got, next := readInt(b, 0)
		if fits := int64(int32(v)) == v; fits != (next == len(b)) || fits && int64(got) != v {
			t.Fatalf("%d read as int %d, %d bytes", v, got, next)
		}
	}
}
