package app

import (
	"errors"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/consumer"
	"hindsight/labels"
	"hindsight/schemas"
)

// A truth of any Avro type becomes canonical text, or what labels.map makes of it.
func TestTruthsOfAnyType(t *testing.T) {
	stamp := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC).UnixMilli()
	decimal := `{"type":"bytes","logicalType":"decimal","precision":6,"scale":2}`
	for _, c := range []struct {
		name, schema string // of the field truth
		value        any
		path         string // of the truth, "": truth
		want         string // the truth, or, with !, the class of the dead letter
	}{
		{"boolean", `"boolean"`, true, "", "1"},
		{"boolean false", `"boolean"`, false, "", "0"},
		{"int", `"int"`, int32(1), "", "1"},
		{"negative int", `"int"`, int32(-1), "", "-1"},
		{"long", `"long"`, int64(1_000_000), "", "1000000"},
		{"float", `"float"`, float32(1), "", "1"},
		{"double", `"double"`, 0.1, "", "0.1"},
		{"double that is whole", `"double"`, 1.0, "", "1"},
		{"double that is no number", `"double"`, math.NaN(), "", "!no_value"},
		{"string", `"string"`, " fraud ", "", "fraud"},
		{"string of a number", `"string"`, "1.0", "", "1"},
		{"string of a boolean", `"string"`, "TRUE", "", "1"},
		{"empty string", `"string"`, " ", "", "!no_value"},
		{"bytes", `"bytes"`, []byte("fraud"), "", "fraud"},
		{"decimal", decimal, big.NewRat(1, 1), "", "1"},
		{"decimal with a fraction", decimal, big.NewRat(5, 2), "", "2.5"},
		{"enum", `{"type":"enum","name":"E","symbols":["GOOD","BAD"]}`, "BAD", "", "BAD"},
		{"fixed", `{"type":"fixed","name":"F","size":3}`, []byte("bad"), "", "bad"},
		{"union of null", `["null","string"]`, nil, "", "!no_value"},
		{"union of text", `["null","string"]`, map[string]any{"string": "yes"}, "", "yes"},
		{"union of numbers", `["int","double","boolean"]`, map[string]any{"boolean": true}, "", "1"},
		{"nested", `{"type":"record","name":"V","fields":[{"name":"class","type":"int"}]}`, map[string]any{"class": int32(3)}, "truth.class", "3"},
		{"nested in a union", `["null",{"type":"record","name":"V","fields":[{"name":"class","type":"int"}]}]`, map[string]any{"V": map[string]any{"class": int32(3)}}, "truth.class", "3"},
		{"nested in a union that is null", `["null",{"type":"record","name":"V","fields":[{"name":"class","type":"int"}]}]`, nil, "truth.class", "!no_value"},
		{"mapped by its text", `"string"`, "chargeback", "", "1"},
		{"mapped by its symbol", `{"type":"enum","name":"E","symbols":["settled","open"]}`, "settled", "", "0"},
		{"mapped by its canonical text", `"int"`, int32(7), "", "1"},
		{"mapped onto a boolean", `"string"`, "undone", "", "0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			schema := `{"type":"record","name":"L","fields":[{"name":"id","type":"string"},{"name":"truth","type":` + c.schema + `}]}`
			cfg := &config.Config{Labels: config.Labels{ID: "id", Value: "truth", Clock: config.RecordClock,
				Map: map[string]string{"chargeback": "1.0", "settled": "0", "7": "true", "undone": "false"}}}
			if c.path != "" {
				cfg.Labels.Value = c.path
			}
			codec, err := schemas.NewCodec(schema)
			if err != nil {
				t.Fatal(err)
			}
			datum, err := codec.BinaryFromNative(nil, map[string]any{"id": "a", "truth": c.value})
			if err != nil {
				t.Fatal(err)
			}
			fields := labelFields(cfg.Labels)
			reader, err := schemas.NewReader(schemas.Bare, schema, nil, fields)
			if err != nil {
				t.Fatal(err)
			}
			var l labels.Label
			fault, err := (&labelReader{config: cfg, reader: reader, row: schemas.NewRow(fields)}).readLabel(t.Context(), datum, stamp, &l)
			if err != nil {
				t.Fatal(err)
			}
			got := l.Truth
			if fault != nil {
				got = "!" + fault.Class
			}
			if got != c.want {
				t.Errorf("the truth is %q, want %q (%+v)", got, c.want, fault)
			}
			if fault == nil && l.LabelTime != schemas.InstantOfMillis(stamp) {
				t.Errorf("without labels.time the label is of %v, want the record's timestamp", l.LabelTime)
			}
		})
	}
}

// A label without a truth that was forwarded once cannot be taken back: it is
// joined as it was then.
func TestAForwardedLabelMayHaveAnEmptyTruth(t *testing.T) {
	schema := `{"type":"record","name":"L","fields":[{"name":"id","type":"string"},{"name":"truth","type":["string","null"]}]}`
	cfg := &config.Config{Labels: config.Labels{ID: "id", Value: "truth", Clock: config.RecordClock}}
	fields := labelFields(cfg.Labels)
	reader, err := schemas.NewReader(schemas.Bare, schema, nil, fields)
	if err != nil {
		t.Fatal(err)
	}
	read := &labelReader{config: cfg, reader: reader, row: schemas.NewRow(fields)}
	from := &origin{topic: "labels", partition: 2, offset: 7, timestamp: 1000, arrival: 1_000_000}
	l, err := read.reroutedLabel(t.Context(), &kgo.Record{Value: []byte("\x02a\x00\x02 "), Offset: 3}, from)
	want := labels.Label{EventID: "a", LabelTime: 1_000_000, Arrival: 1_000_000, Topic: "labels", Partition: 2, Offset: 7, Rerouted: 3}
	if err != nil || *l != want {
		t.Errorf("%+v, %v; want %+v", l, err, want)
	}
	if _, err := read.reroutedLabel(t.Context(), &kgo.Record{Value: []byte("\x02a\x02")}, from); !errors.Is(err, consumer.ErrFatal) {
		t.Errorf("%v: a truth of null was never forwarded", err)
	}
}
