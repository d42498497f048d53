package schemas

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// eventSchema has an id, a time, a segment, doubles and one int as features; with
// wide also ints, booleans and nullable doubles: the events of the speed budget.
func eventSchema(wide bool) (text string, fields []Field) {
	var b strings.Builder
	b.WriteString(`{"type":"record","name":"Event","namespace":"bench","fields":[
		{"name":"event_id","type":"string"},
		{"name":"event_time","type":{"type":"long","logicalType":"timestamp-millis"}},
		{"name":"region","type":"string"}`)
	fields = []Field{{Path: "event_id", Type: Text, Slot: 0}, {Path: "event_time", Type: Time, Slot: 0}, {Path: "region", Type: Text, Slot: 1}}
	counts := map[string]int{`"double"`: 7, `"int"`: 1}
	if wide {
		counts = map[string]int{`"double"`: 20, `"int"`: 6, `"boolean"`: 2, `["null","double"]`: 2}
	}
	n := 0
	for _, typ := range []string{`"double"`, `"int"`, `"boolean"`, `["null","double"]`} {
		for range counts[typ] {
			fmt.Fprintf(&b, `,{"name":"x%d","type":%s}`, n, typ)
			fields = append(fields, Field{Path: fmt.Sprintf("x%d", n), Type: Number, Slot: n})
			n++
		}
	}
	b.WriteString("]}")
	return b.String(), fields
}

func benchmarkProject(b *testing.B, wide bool) {
	text, fields := eventSchema(wide)
	p, err := Compile(text, fields)
	if err != nil {
		b.Fatal(err)
	}
	s, err := parseSchema(text)
	if err != nil {
		b.Fatal(err)
	}
	datum := eventDatum(s)
	row := NewRow(fields)
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Project(datum, row); err != nil {
			b.Fatal(err)
		}
	}
}

// eventDatum is one event with an id of 36 bytes.
func eventDatum(s *schema) []byte {
	rng := rand.New(rand.NewPCG(1, 1))
	datum := appendString(nil, "0f8fad5b-d9cb-469f-a165-70867728950e")
	datum = appendString(appendLong(datum, 1_763_000_000_000), "north")
	for _, f := range s.fields[3:] {
		switch f.typ.kind {
		case typeDouble:
			datum = appendDouble(datum, rng.NormFloat64())
		case typeInt:
			datum = appendLong(datum, rng.Int64N(1000))
		case typeBoolean:
			datum = append(datum, 1)
		case typeUnion:
			datum = appendDouble(append(datum, 2), rng.NormFloat64())
		}
	}
	return datum
}

func BenchmarkProject8(b *testing.B)  { benchmarkProject(b, false) }
func BenchmarkProject30(b *testing.B) { benchmarkProject(b, true) }

func BenchmarkGoavro8(b *testing.B) {
	text, _ := eventSchema(false)
	codec, err := NewCodec(text)
	if err != nil {
		b.Fatal(err)
	}
	s, err := parseSchema(text)
	if err != nil {
		b.Fatal(err)
	}
	datum := eventDatum(s)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Native(codec, datum); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReader8(b *testing.B) {
	text, fields := eventSchema(false)
	r, err := NewReader(Confluent, "", func(context.Context, uint32) (string, error) { return text, nil }, fields)
	if err != nil {
		b.Fatal(err)
	}
	s, err := parseSchema(text)
	if err != nil {
		b.Fatal(err)
	}
	value := append(ConfluentFraming(7), eventDatum(s)...)
	row := NewRow(fields)
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Read(b.Context(), value, row); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendScore(b *testing.B) {
	x := Score{EventID: "0f8fad5b-d9cb-469f-a165-70867728950e", EventTime: 1_763_000_000_000_000, Arrival: 1_763_000_000_000_000,
		SourcePartition: 3, SourceOffset: 123456, ScoredAt: 1_763_000_000_000_000, Model: "fraud", Version: "2026-11-23",
		Value: 0.25, Prediction: "0", Positive: "1", Segments: []Segment{{"region", "north"}}, Bins: make([]byte, 8)}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = x.AppendAvro(buf[:0])
	}
}

func BenchmarkDecodeScore(b *testing.B) {
	x := Score{EventID: "0f8fad5b-d9cb-469f-a165-70867728950e", EventTime: 1_763_000_000_000_000, Arrival: 1_763_000_000_000_000,
		SourcePartition: 3, SourceOffset: 123456, ScoredAt: 1_763_000_000_000_000, Model: "fraud", Version: "2026-11-23",
		Value: 0.25, Prediction: "0", Positive: "1", Segments: []Segment{{"region", "north"}}, Bins: make([]byte, 8)}
	buf := x.AppendAvro(nil)
	var y Score
	b.ReportAllocs()
	for b.Loop() {
		if err := y.DecodeAvro(buf); err != nil {
			b.Fatal(err)
		}
	}
}
