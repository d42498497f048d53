package publish

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/linkedin/goavro/v2"

	"hindsight/schemas"
)

func mustSchema(t testing.TB, text string) *Schema {
	t.Helper()
	s, err := ParseSchema([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// of returns a record schema with one field v of this type.
func of(typ string) string {
	return `{"type": "record", "name": "r", "fields": [{"name": "v", "type": ` + typ + `}]}`
}

// decode reads what an encoder without framing wrote, by goavro alone.
func decode(t testing.TB, s *Schema, value []byte) map[string]any {
	t.Helper()
	codec, err := goavro.NewCodec(s.Text())
	if err != nil {
		t.Fatal(err)
	}
	v, rest, err := codec.NativeFromBinary(value)
	if err != nil || len(rest) > 0 {
		t.Fatalf("goavro: %v, %d bytes left", err, len(rest))
	}
	return v.(map[string]any)
}

// first converts and encodes the first row of a source and decodes it again.
func first(t testing.TB, s *Schema, rows Source) (any, error) {
	t.Helper()
	row, err := rows.Next()
	if err != nil {
		return nil, err
	}
	enc, err := NewEncoder(s, schemas.Bare, 0)
	if err != nil {
		t.Fatal(err)
	}
	value, err := enc.Append(nil, row.Value)
	if err != nil {
		return nil, err
	}
	return decode(t, s, value)["v"], nil
}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t
}

const (
	tsMillis = `{"type": "long", "logicalType": "timestamp-millis"}`
	tsMicros = `{"type": "long", "logicalType": "timestamp-micros"}`
	dateType = `{"type": "int", "logicalType": "date"}`
	colour   = `{"type": "enum", "name": "colour", "symbols": ["RED", "BLUE"]}`
	money    = `{"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}`
)

func equateRats() cmp.Option {
	return cmp.Comparer(func(a, b *big.Rat) bool { return a.Cmp(b) == 0 })
}

func TestCellBecomesAvro(t *testing.T) {
	for _, c := range []struct {
		typ, cell string
		want      any
	}{
		{`"int"`, "42", int32(42)},
		{`"int"`, " -7 ", int32(-7)},
		{`"int"`, "19.0", int32(19)},
		{`"int"`, "1e3", int32(1000)},
		{`"long"`, "9223372036854775807", int64(math.MaxInt64)},
		{`"long"`, "-9223372036854775808", int64(math.MinInt64)},
		{`"float"`, "0.1", float32(0.1)},
		{`"double"`, "0.6329502188904286", 0.6329502188904286},
		{`"double"`, "-1e-300", -1e-300},
		{`"double"`, "inf", math.Inf(1)},
		{`"boolean"`, "True", true},
		{`"boolean"`, "0.0", false},
		{`"boolean"`, "1", true},
		{`"string"`, " 0 - 20K € ", " 0 - 20K € "},
		{`"bytes"`, "é", []byte("é")},
		{`{"type": "fixed", "name": "f", "size": 3}`, "abc", []byte("abc")},
		{colour, "BLUE", "BLUE"},
		{money, "12.34", big.NewRat(1234, 100)},
		{money, "-0.5", big.NewRat(-1, 2)},
		{tsMillis, "2018-01-01 00:08:43.152", at("2018-01-01T00:08:43.152Z")},
		{tsMillis, "2018-01-01T02:00:00+02:00", at("2018-01-01T00:00:00Z")},
		{tsMillis, "1514764800000", at("2018-01-01T00:00:00Z")},
		{tsMillis, "1969-12-31 23:59:59.9999", at("1969-12-31T23:59:59.999Z")},
		{tsMicros, "2018-01-01T00:00:00.123456789Z", at("2018-01-01T00:00:00.123456Z")},
		{dateType, "2018-03-01", at("2018-03-01T00:00:00Z")},
		{dateType, "1969-12-31 23:00:00", at("1969-12-31T00:00:00Z")},
		{`{"type": "int", "logicalType": "time-millis"}`, "01:02:03.004", time.Hour + 2*time.Minute + 3004*time.Millisecond},
		{`{"type": "long", "logicalType": "time-micros"}`, "00:00:00.000005", 5 * time.Microsecond},
		{`["null", "double"]`, "", nil},
		{`["null", "double"]`, "2.5", map[string]any{"double": 2.5}},
		{`["string", "null"]`, "", nil},
		{`["null", ` + tsMillis + `]`, "2018-01-01 00:00:00", map[string]any{"long.timestamp-millis": at("2018-01-01T00:00:00Z")}},
		{`["null", ` + colour + `]`, "RED", map[string]any{"colour": "RED"}},
		{`["null", ` + money + `]`, "1.5", map[string]any{"bytes.decimal": big.NewRat(3, 2)}},
		{`["null", "long", "double", "string"]`, "7", map[string]any{"long": int64(7)}},
		{`["null", "long", "double", "string"]`, "7.5", map[string]any{"double": 7.5}},
		{`["null", "long", "double", "string"]`, "x", map[string]any{"string": "x"}},
		{`{"type": "array", "items": "int"}`, "[1, 2]", []any{int32(1), int32(2)}},
		{`{"type": "map", "values": ["null", "string"]}`, `{"a": "b", "c": null}`, map[string]any{"a": map[string]any{"string": "b"}, "c": nil}},
	} {
		t.Run(fmt.Sprintf("%s %q", c.typ, c.cell), func(t *testing.T) {
			s := mustSchema(t, of(c.typ))
			rows, err := NewCSV(strings.NewReader("v,x\n\""+strings.ReplaceAll(c.cell, `"`, `""`)+"\",\n"), "t.csv", s, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := first(t, s, rows)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, equateRats()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestCellIsRefused(t *testing.T) {
	for _, c := range []struct{ typ, cell, want string }{
		{`"int"`, "x", `t.csv line 2: column v: "x" is not of type int`},
		{`"int"`, "1.5", `"1.5" is not of type int`},
		{`"int"`, "2147483648", "2147483648 does not fit an int"},
		{`"long"`, "1e17", `"1e17" is not of type long`},
		{`"float"`, "1e39", `"1e39" is not of type float`},
		{`"double"`, "", "is empty, and double has neither null nor a default"},
		{`"string"`, "", "is empty, and string has neither null nor a default"},
		{`"boolean"`, "yes", `"yes" is not of type boolean`},
		{colour, "GREEN", `"GREEN" is none of RED, BLUE of enum colour`},
		{tsMillis, "01/02/2018", "is not a time; want RFC 3339 or YYYY-MM-DD HH:MM:SS[.fff]"},
		{tsMillis, "2018-02-30 00:00:00", "is not a time"},
		{`{"type": "fixed", "name": "f", "size": 3}`, "ab", "2 bytes do not fit f, which has 3"},
		{money, "1.234", "has more than the 2 decimals"},
		{money, "1/3", `"1/3" is not a decimal`},
		{`["null", "double"]`, "x", `"x" is not of type double`},
		{`["null", "double", "long"]`, "x", `"x" is not null or double or long`},
		{`{"type": "array", "items": "int"}`, "[1", "has to be JSON"},
		{`{"type": "array", "items": "int"}`, "[1] 2", "more after the first value"},
	} {
		t.Run(fmt.Sprintf("%s %q", c.typ, c.cell), func(t *testing.T) {
			s := mustSchema(t, of(c.typ))
			rows, err := NewCSV(strings.NewReader("v,x\n\""+c.cell+"\",\n"), "t.csv", s, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := first(t, s, rows); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v; want an error with %q", got, err, c.want)
			}
		})
	}
}

func TestJSONBecomesAvro(t *testing.T) {
	for _, c := range []struct {
		typ, json string
		want      any
	}{
		{`"long"`, `9007199254740993`, int64(9007199254740993)},
		{`"long"`, `"12"`, int64(12)},
		{`"double"`, `3`, 3.0},
		{`"double"`, `{"double": 3}`, 3.0},
		{`"string"`, `17`, "17"},
		{`"boolean"`, `true`, true},
		{`"bytes"`, `"\u00ff\u0001"`, []byte{0xff, 1}},
		{money, `1.25`, big.NewRat(5, 4)},
		{tsMillis, `"2018-01-01T00:00:00Z"`, at("2018-01-01T00:00:00Z")},
		{tsMillis, `1514764800000`, at("2018-01-01T00:00:00Z")},
		{`["null", "double"]`, `null`, nil},
		{`["null", "double"]`, `2`, map[string]any{"double": 2.0}},
		{`["null", "double"]`, `{"double": 2}`, map[string]any{"double": 2.0}},
		{`["null", "string", "long"]`, `{"long": 2}`, map[string]any{"long": int64(2)}},
		{`{"type": "record", "name": "in", "fields": [{"name": "a", "type": "int"}]}`, `{"a": 1}`, map[string]any{"a": int32(1)}},
		{`["null", {"type": "record", "name": "in", "fields": [{"name": "a", "type": "int"}]}]`, `{"a": 1}`, map[string]any{"in": map[string]any{"a": int32(1)}}},
		{`["null", {"type": "map", "values": "int"}]`, `{"a": 1}`, map[string]any{"map": map[string]any{"a": int32(1)}}},
	} {
		t.Run(c.typ+" "+c.json, func(t *testing.T) {
			s := mustSchema(t, of(c.typ))
			got, err := first(t, s, NewNDJSON(strings.NewReader("\n{\"v\": "+c.json+"}\n"), "t.ndjson", s, nil))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, equateRats()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestJSONIsRefused(t *testing.T) {
	for _, c := range []struct{ typ, json, want string }{
		{`"long"`, `{"v": true}`, "t.ndjson line 2: v: true is not long"},
		{`"long"`, `{"v": 1.5}`, `v: "1.5" is not of type long`},
		{`"long"`, `{"v": ""}`, "v: an empty string is not of type long"},
		{`"long"`, `{}`, "v: is missing, and long has neither null nor a default"},
		{`"long"`, `[1]`, "is not a JSON object"},
		{`"long"`, `{"v": 1} {"v": 2}`, "more after the first value"},
		{`"bytes"`, `{"v": "€"}`, "its characters stand for bytes"},
		{`{"type": "array", "items": "int"}`, `{"v": [1, "x"]}`, `v: [1]: "x" is not of type int`},
	} {
		t.Run(c.typ+" "+c.json, func(t *testing.T) {
			s := mustSchema(t, of(c.typ))
			got, err := first(t, s, NewNDJSON(strings.NewReader("\n"+c.json+"\n"), "t.ndjson", s, nil))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v; want an error with %q", got, err, c.want)
			}
		})
	}
}
