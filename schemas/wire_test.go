package schemas

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"
)

func TestSplit(t *testing.T) {
	datum := []byte("datum")
	for _, c := range []struct {
		wire    Wire
		value   []byte
		schema  uint64
		message string // "": well
	}{
		{Confluent, append(ConfluentFraming(7), datum...), 7, ""},
		{Confluent, append(ConfluentFraming(math.MaxUint32), datum...), math.MaxUint32, ""},
		{SingleObject, append(SingleObjectFraming(ScoreRecord), datum...), ScoreRecord.Fingerprint(), ""},
		{Bare, datum, 0, ""},
		{Confluent, nil, 0, "an empty value"},
		{Confluent, []byte{0, 0, 0, 1}, 0, "4 bytes"},
		{Confluent, append(SingleObjectFraming(ScoreRecord), datum...), 0, "looks like single-object"},
		{SingleObject, append(ConfluentFraming(7), datum...), 0, "may be confluent"},
		{SingleObject, []byte{0xC3, 0x01, 0, 0, 0, 0, 0, 0, 0}, 0, "9 bytes"},
		{Wire(9), datum, 0, "wire(9)"},
	} {
		schema, payload, err := Split(c.wire, c.value)
		if c.message != "" {
			if !errors.Is(err, ErrWire) || !strings.Contains(err.Error(), c.message) {
				t.Errorf("%s [% x]: %v, want %q", c.wire, c.value, err, c.message)
			}
			continue
		}
		if err != nil || schema != c.schema || string(payload) != "datum" {
			t.Errorf("%s [% x]: %d, %q, %v", c.wire, c.value, schema, payload, err)
		}
	}
}

// TestFramingAgreesWithTheClients: with sr for Confluent; with the layout of the
// specification for single-object.
func TestFramingAgreesWithTheClients(t *testing.T) {
	want, err := new(sr.ConfluentHeader).AppendEncode(nil, 123456, nil)
	if err != nil || !bytes.Equal(ConfluentFraming(123456), want) {
		t.Errorf("%x, want %x, %v", ConfluentFraming(123456), want, err)
	}
	f := SingleObjectFraming(LabelRecord)
	if len(f) != 10 || f[0] != 0xC3 || f[1] != 1 || binary.LittleEndian.Uint64(f[2:]) != LabelRecord.Fingerprint() {
		t.Errorf("%x", f)
	}
}

func TestOwnPayload(t *testing.T) {
	x := Label{EventID: "a", Truth: "1", LabelTime: 5}
	for _, framing := range []Framing{SingleObjectFraming(LabelRecord), ConfluentFraming(9)} {
		b, err := OwnPayload(x.AppendAvro(bytes.Clone(framing)), LabelRecord)
		if err != nil {
			t.Fatal(err)
		}
		var y Label
		if err := y.DecodeAvro(b); err != nil || x != y {
			t.Errorf("%+v, %v", y, err)
		}
	}
	if _, err := OwnPayload(SingleObjectFraming(ScoreRecord), LabelRecord); !errors.Is(err, ErrUnknownSchema) {
		t.Errorf("another record: %v", err)
	}
	for _, b := range [][]byte{nil, {0}, {0xC3}, []byte("{\"json\": 1}")} {
		if _, err := OwnPayload(b, LabelRecord); !errors.Is(err, ErrWire) {
			t.Errorf("[% x]: %v", b, err)
		}
	}
}
