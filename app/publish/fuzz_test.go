package publish

import (
	"errors"
	"io"
	"strings"
	"testing"

	"hindsight/schemas"
)

// everything is a schema with every type that a cell can become.
const everything = `{"type": "record", "name": "e", "fields": [
	{"name": "b", "type": "boolean", "default": false}, {"name": "i", "type": ["null", "int"]},
	{"name": "l", "type": ["null", "long"]}, {"name": "f", "type": ["null", "float"]}, {"name": "d", "type": ["null", "double"]},
	{"name": "s", "type": ["null", "string"]}, {"name": "y", "type": ["null", "bytes"]},
	{"name": "x", "type": ["null", {"type": "fixed", "name": "x2", "size": 2}]},
	{"name": "e", "type": ["null", {"type": "enum", "name": "e2", "symbols": ["A", "B"]}]},
	{"name": "t", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}]},
	{"name": "u", "type": ["null", {"type": "long", "logicalType": "timestamp-micros"}]},
	{"name": "a", "type": ["null", {"type": "int", "logicalType": "date"}]},
	{"name": "m", "type": ["null", {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 3}]},
	{"name": "n", "type": ["null", "long", "double", "string"]},
	{"name": "j", "type": ["null", {"type": "array", "items": {"type": "map", "values": ["null", "double"]}}]},
	{"name": "r", "type": ["null", {"type": "record", "name": "r2", "fields": [{"name": "k", "type": ["null", "long"]}]}]}]}`

// What is accepted is encoded, and what is encoded is read back whole.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"b,i,l,f,d\ntrue,1,2,0.5,1e9\n,,,,\n",
		"s,y,x,e,n\n\"a\nb\",é,ab,A,7.5\n",
		"t,u,a,m\n2018-01-01 00:00:00.5,2018-01-01T00:00:00Z,2018-01-01,1.234\n-1,0,9,-0.5\n",
		"j,r.k\n\"[{\"\"a\"\": 1, \"\"b\"\": null}]\",5\n,\n",
		"\ufeffb,zzz\n1,\n", "r,r.k\n", "b,b\n", "", "\"",
	} {
		f.Add(seed)
	}
	s := mustSchema(f, everything)
	enc, err := NewEncoder(s, schemas.Bare, 0)
	if err != nil {
		f.Fatal(err)
	}
	codec, err := schemas.NewCodec(everything)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data string) {
		rows, err := NewCSV(strings.NewReader(data), "fuzz.csv", s, nil)
		if err != nil {
			return
		}
		for {
			row, err := rows.Next()
			if err != nil {
				if !errors.Is(err, io.EOF) && !strings.HasPrefix(err.Error(), "fuzz.csv") {
					t.Errorf("the error does not say where: %v", err)
				}
				return
			}
			value, err := enc.Append(nil, row.Value)
			if err != nil {
				t.Fatalf("accepted and not encoded: %v", err)
			}
			if _, err := schemas.Native(codec, value); err != nil {
				t.Fatalf("encoded and not decoded: %v", err)
			}
		}
	})
}

func FuzzNDJSON(f *testing.F) {
	for _, seed := range []string{
		`{"b": true, "i": 1, "l": "2", "d": {"double": 1}, "j": [{"a": 1}], "r": {"k": 3}}`,
		`{"y": "\u00ff", "m": 1.5, "t": "2018-01-01T00:00:00Z", "n": {"string": "x"}, "zzz": 1}`,
		`{}`, `[]`, `{"r": {"r2": {"k": {"long": 1}}}}`, `null`,
	} {
		f.Add(seed)
	}
	s := mustSchema(f, everything)
	enc, err := NewEncoder(s, schemas.Bare, 0)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data string) {
		rows := NewNDJSON(strings.NewReader(data), "fuzz", s, func(string) {})
		for {
			row, err := rows.Next()
			if err != nil {
				return
			}
			if _, err := enc.Append(nil, row.Value); err != nil {
				t.Fatalf("accepted and not encoded: %v", err)
			}
		}
	})
}
