package schemas

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/linkedin/goavro/v2"
)

// project encodes native by goavro, compiles and projects.
func project(t *testing.T, schema string, native map[string]any, fields ...Field) (*Row, error) {
	t.Helper()
	codec, err := NewCodec(schema)
	if err != nil {
		t.Fatal(err)
	}
	b, err := codec.BinaryFromNative(nil, native)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(schema, fields)
	if err != nil {
		return nil, err
	}
	row := NewRow(fields)
	return row, p.Project(b, row)
}

// show prints the only value of a row.
func show(row *Row) string {
	switch {
	case len(row.Numbers) > 0:
		return fmt.Sprint(row.Numbers[0])
	case len(row.Texts) > 0 && row.Texts[0] == nil:
		return "missing"
	case len(row.Texts) > 0:
		return fmt.Sprintf("%q", row.Texts[0])
	}
	return row.Times[0].String()
}

func TestProjectTypes(t *testing.T) {
	logical := func(base, name string) string { return fmt.Sprintf(`{"type":%q,"logicalType":%q}`, base, name) }
	const decimal = `{"type":"bytes","logicalType":"decimal","precision":38,"scale":2}`
	const uuid = `{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}`
	const enum = `{"type":"enum","name":"E","symbols":["A","B"]}`
	big := strings.Repeat("\x7f", 16)
	for _, c := range []struct {
		typ   string
		value any
		as    FieldType
		want  string // or the beginning of an error
	}{
		{`"int"`, 7, Number, "7"}, {`"long"`, int64(1) << 53, Number, "9.007199254740992e+15"}, {`"float"`, 0.5, Number, "0.5"},
		{`"double"`, 0.1, Number, "0.1"}, {`"boolean"`, true, Number, "1"}, {`"boolean"`, false, Number, "0"}, {`"null"`, nil, Number, "NaN"},
		{`["null","int"]`, nil, Number, "NaN"}, {`["null","int"]`, goavro.Union("int", 7), Number, "7"},
		{`["string","double","null"]`, goavro.Union("double", 7), Number, "7"}, {`["string","double","null"]`, nil, Number, "NaN"},
		{`["string","double"]`, goavro.Union("string", "7"), Number, "bad datum: schema n.R, field x, byte 1: schema n.R has it as string, a number is wanted"},
		{`"string"`, "7", Number, `unusable schema: field "x": schema n.R has it as string, a number is wanted`},
		{`["null","string"]`, nil, Number, `unusable schema: field "x": schema n.R has it as string, a number is wanted`},
		{enum, "A", Number, `unusable schema: field "x": schema n.R has it as enum n.E, a number is wanted`},
		{`{"type":"array","items":"int"}`, []any{}, Number, `unusable schema: field "x": schema n.R has it as array, a number is wanted`},
		{logical("int", "date"), int32(20000), Number, "20000"}, {logical("long", "timestamp-millis"), int64(5), Number, "5"},

		{`"string"`, "ab", Text, `"ab"`}, {`"string"`, "", Text, `""`}, {`"bytes"`, []byte("ab"), Text, `"ab"`}, {enum, "B", Text, `"B"`},
		{`["null","string"]`, nil, Text, "missing"}, {`"null"`, nil, Text, "missing"},
		{`"int"`, 7, Text, `"7"`}, {`"long"`, int64(math.MinInt64), Text, `"-9223372036854775808"`}, {`"boolean"`, true, Text, `"1"`},
		{`"double"`, 1.0, Text, `"1"`}, {`"double"`, 1e300, Text, `"1e+300"`}, {`"float"`, 0.1, Text, `"0.1"`}, {`"double"`, math.NaN(), Text, "missing"},
		{`"double"`, math.Copysign(0, -1), Text, `"0"`}, {`"double"`, math.Inf(-1), Text, `"-Inf"`},
		{uuid, []byte("0123456789abcdef"), Text, `"30313233-3435-3637-3839-616263646566"`},
		{`{"type":"fixed","name":"F","size":2}`, []byte("ab"), Text, `"ab"`},
		{`{"type":"map","values":"int"}`, map[string]any{}, Text, `unusable schema: field "x": schema n.R has it as map, a text is wanted`},
		{logical("long", "time-micros"), int64(5), Text, `"5"`}, {logical("string", "uuid"), "ab", Text, `"ab"`},

		{logical("long", "timestamp-millis"), int64(-1), Time, "1969-12-31T23:59:59.999Z"}, {logical("long", "timestamp-micros"), int64(-1), Time, "1969-12-31T23:59:59.999999Z"},
		{logical("long", "timestamp-nanos"), int64(-1), Time, "1969-12-31T23:59:59.999999Z"}, {logical("long", "local-timestamp-millis"), int64(1), Time, "1970-01-01T00:00:00.001Z"},
		{logical("long", "local-timestamp-micros"), int64(1), Time, "1970-01-01T00:00:00.000001Z"}, {logical("long", "local-timestamp-nanos"), int64(1999), Time, "1970-01-01T00:00:00.000001Z"},
		{`"long"`, int64(1), Time, "1970-01-01T00:00:00.001Z"}, {logical("long", "of-somebody"), int64(1), Time, "1970-01-01T00:00:00.001Z"},
		{logical("int", "date"), int32(-1), Time, "1969-12-31T00:00:00Z"}, {`["null",` + logical("int", "date") + `]`, nil, Time, "beginning"},
		{`"string"`, "2026-11-23T08:15:00+01:00", Time, "2026-11-23T07:15:00Z"}, {`"string"`, "2026-11-23 08:15:00.5", Time, "2026-11-23T08:15:00.5Z"},
		{`"string"`, "", Time, "beginning"}, {`"string"`, "soon", Time, `bad datum: schema n.R, field x, byte 0: "soon" is not a time`},
		{`"long"`, int64(math.MaxInt64), Time, "bad datum: schema n.R, field x, byte 0: time 9223372036854775807 is out of range"},
		{logical("long", "timestamp-micros"), int64(math.MinInt64), Time, "bad datum: schema n.R, field x, byte 0: time"},
		{logical("int", "date"), int32(math.MaxInt32), Time, "bad datum: schema n.R, field x, byte 0: date"},
		{`"int"`, 7, Time, `unusable schema: field "x": schema n.R has it as int, a time is wanted`},
		{logical("long", "time-micros"), int64(5), Time, `unusable schema: field "x": schema n.R has it as long (time-micros), a time is wanted`},
		{`"double"`, 7, Time, `unusable schema: field "x": schema n.R has it as double, a time is wanted`},

		{decimal, "\x01\x00", Number, "2.56"}, {decimal, "\xff", Number, "-0.01"}, {decimal, "", Number, "0"}, {decimal, "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00", Text, `"2.56"`},
		{decimal, big, Number, "1.6947396313317328e+36"}, {decimal, big, Text, `"1.69473963133173273960190490760135540607e+36"`},
		{decimal, "\x80" + strings.Repeat("\x00", 8), Text, `"-23611832414348226068.48"`},
		{decimal, "\x01" + strings.Repeat("\x00", 200), Number, "bad datum: schema n.R, field x, byte 0: decimal of 201 bytes"},
		{`{"type":"fixed","name":"D","size":3,"logicalType":"decimal","precision":5,"scale":1}`, "\x00\x00\x0f", Text, `"1.5"`},
	} {
		schema := recordOf(`{"name":"x","type":` + c.typ + `}`)
		encoded := strings.ReplaceAll(strings.ReplaceAll(schema, `"decimal"`, `"plain"`), `"timestamp`, `"plain`) // goavro shall take raw values
		codec, err := NewCodec(strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(encoded, `"date"`, `"plain"`), `"time-`, `"plain-`), `"local-`, `"plain-`))
		if err != nil {
			t.Fatal(err)
		}
		b, err := codec.BinaryFromNative(nil, map[string]any{"x": c.value})
		if err != nil {
			t.Fatalf("%s of %v: %v", c.typ, c.value, err)
		}
		var got string
		fields := []Field{{Path: "x", Type: c.as}}
		if p, err := Compile(schema, fields); err != nil {
			got = err.Error()
		} else if row := NewRow(fields); p.Project(b, row) != nil {
			got = p.Project(b, row).Error()
		} else {
			got = show(row)
		}
		if got != c.want && !(strings.HasPrefix(c.want, "bad datum") && strings.HasPrefix(got, c.want)) {
			t.Errorf("%s of %.20q as %s:\n got %s\nwant %s", c.typ, c.value, c.as, got, c.want)
		}
	}
}

// TestProjectEvolvedSchemas reads one event as every later writer might write it.
func TestProjectEvolvedSchemas(t *testing.T) {
	fields := []Field{
		{Path: "id", Type: Text, Slot: 0},
		{Path: "amount", Type: Number, Slot: 0},
		{Path: "age", Type: Number, Slot: 1, Default: &Value{Number: -1}},
		{Path: "shop.country", Type: Text, Slot: 1, Optional: true},
		{Path: "at", Type: Time, Slot: 0},
	}
	const shop = `{"name":"shop","type":{"type":"record","name":"Shop","fields":[{"name":"country","type":"string"}]}}`
	const id, amount, age, at = `{"name":"id","type":"string"}`, `{"name":"amount","type":"int"}`, `{"name":"age","type":"int"}`, `{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}}`
	native := func() map[string]any {
		return map[string]any{"id": "a", "amount": 7, "age": 30, "shop": map[string]any{"country": "de"}, "at": int64(1000), "new": "x"}
	}
	const want = "a 7 30 de 1970-01-01T00:00:01Z"
	for name, c := range map[string]struct {
		fields string
		change func(m map[string]any)
		want   string
	}{
		"first":                  {id + "," + amount + "," + age + "," + shop + "," + at, nil, want},
		"reordered":              {at + "," + shop + "," + age + "," + id + "," + amount, nil, want},
		"added":                  {`{"name":"new","type":"string"},` + id + "," + amount + "," + age + "," + shop + "," + at, nil, want},
		"removed with default":   {id + "," + amount + "," + shop + "," + at, nil, "a 7 -1 de 1970-01-01T00:00:01Z"},
		"removed, was optional":  {id + "," + amount + "," + age + "," + at, nil, "a 7 30 missing 1970-01-01T00:00:01Z"},
		"widened to long":        {id + `,{"name":"amount","type":"long"},` + age + "," + shop + "," + at, nil, want},
		"widened to float":       {id + `,{"name":"amount","type":"float"},` + age + "," + shop + "," + at, nil, want},
		"widened to double":      {id + `,{"name":"amount","type":"double"},` + age + "," + shop + "," + at, nil, want},
		"string became bytes":    {`{"name":"id","type":"bytes"},` + amount + "," + age + "," + shop + "," + at, nil, want},
		"finer time":             {id + "," + amount + "," + age + "," + shop + `,{"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}}`, func(m map[string]any) { m["at"] = int64(1e6) }, want},
		"renamed with alias":     {id + `,{"name":"total","aliases":["amount"],"type":"int"},` + age + "," + shop + "," + at, func(m map[string]any) { m["total"] = 7 }, want},
		"made nullable":          {id + `,{"name":"amount","type":["null","int"]},` + age + "," + shop + "," + at, func(m map[string]any) { m["amount"] = goavro.Union("int", 7) }, want},
		"made nullable, is null": {id + `,{"name":"amount","type":["int","null"]},` + age + "," + shop + "," + at, func(m map[string]any) { m["amount"] = nil }, "a NaN 30 de 1970-01-01T00:00:01Z"},
		"record made nullable": {id + "," + amount + "," + age + `,{"name":"shop","type":["null",{"type":"record","name":"Shop","fields":[{"name":"country","type":"string"}]}]},` + at,
			func(m map[string]any) { m["shop"] = goavro.Union("n.Shop", map[string]any{"country": "de"}) }, want},
		"record made nullable, is null": {id + "," + amount + "," + age + `,{"name":"shop","type":["null",{"type":"record","name":"Shop","fields":[{"name":"country","type":"string"}]}]},` + at,
			func(m map[string]any) { m["shop"] = nil }, "a 7 30 missing 1970-01-01T00:00:01Z"},
		"one of two records, one lacks it": {id + "," + amount + "," + age + `,{"name":"shop","type":[{"type":"record","name":"Web","fields":[]},{"type":"record","name":"Shop","fields":[{"name":"country","type":"string"}]}]},` + at,
			func(m map[string]any) { m["shop"] = goavro.Union("n.Web", map[string]any{}) }, "a 7 30 missing 1970-01-01T00:00:01Z"},
	} {
		m := native()
		if c.change != nil {
			c.change(m)
		}
		row, err := project(t, recordOf(c.fields), m, fields...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		country := "missing"
		if row.Texts[1] != nil {
			country = string(row.Texts[1])
		}
		if got := fmt.Sprintf("%s %v %v %s %s", row.Texts[0], row.Numbers[0], row.Numbers[1], country, row.Times[0]); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestProjectDefaultInABranch(t *testing.T) {
	schema := recordOf(`{"name":"s","type":[{"type":"record","name":"A","fields":[]},{"type":"record","name":"B","fields":[{"name":"x","type":"double"}]}]}`)
	field := Field{Path: "s.x", Type: Number, Default: &Value{Number: 5}}
	for branch, c := range map[string]struct {
		record map[string]any
		want   string
	}{"n.A": {map[string]any{}, "5"}, "n.B": {map[string]any{"x": 2.5}, "2.5"}} {
		row, err := project(t, schema, map[string]any{"s": goavro.Union(branch, c.record)}, field)
		if err != nil || show(row) != c.want {
			t.Errorf("%s: %v, %v", branch, row, err)
		}
	}
}

func TestCompileReportsAllFaults(t *testing.T) {
	schema := recordOf(`{"name":"id","type":"string"},{"name":"s","type":{"type":"record","name":"S","fields":[{"name":"a","type":"int"}]}},{"name":"l","type":{"type":"array","items":"S"}}`)
	_, err := Compile(schema, []Field{
		{Path: "id", Type: Number}, {Path: "amuont", Type: Number, Slot: 1}, {Path: "s.b", Type: Text}, {Path: "s", Type: Text, Slot: 1},
		{Path: "id.x", Type: Text, Slot: 2}, {Path: "l.a", Type: Number, Slot: 2}, {Path: "s.a", Type: Number, Slot: 3},
	})
	if !errors.Is(err, ErrSchema) {
		t.Fatal(err)
	}
	want := []string{
		`field "id": schema n.R has it as string, a number is wanted`,
		`field "amuont": record n.R has no field amuont; it has: id, s, l`,
		`field "s.b": record n.S has no field b; it has: a`,
		`field "s": schema n.R has it as record n.S, a text is wanted`,
		`field "id.x": schema n.R has id as string; only records are walked into`,
		`field "l.a": schema n.R has l as array; only records are walked into`,
	}
	if lines := strings.Split(err.Error(), "\n"); len(lines) != len(want) {
		t.Errorf("%d faults:\n%v", len(lines), err)
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), "unusable schema: "+w) {
			t.Errorf("%q is not in\n%v", w, err)
		}
	}
}

func TestCompileRefusesFields(t *testing.T) {
	for want, fields := range map[string][]Field{
		"share number slot 0":   {{Path: "a"}, {Path: "b"}},
		"slot -1":               {{Path: "a", Slot: -1}},
		"slot 65536":            {{Path: "a", Slot: 65536}},
		"unknown type":          {{Path: "a", Type: 9}},
		`field "": want names`:  {{Path: ""}},
		`field "a.": want name`: {{Path: "a."}},
	} {
		if _, err := Compile(recordOf(`{"name":"a","type":"int"},{"name":"b","type":"int"}`), fields); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", fields, err, want)
		}
	}
	if _, err := Compile(`"int"`, nil); !errors.Is(err, ErrSchema) || !strings.Contains(err.Error(), "a record is wanted") {
		t.Errorf("no record: %v", err)
	}
}

// TestProjectOneFieldManyTimes: the id may be a feature too, and its own text.
func TestProjectOneFieldManyTimes(t *testing.T) {
	row, err := project(t, recordOf(`{"name":"at","type":["null","long"]},{"name":"x","type":"double"}`),
		map[string]any{"at": goavro.Union("long", 1000), "x": 0.5},
		Field{Path: "at", Type: Time}, Field{Path: "at", Type: Number}, Field{Path: "at", Type: Text}, Field{Path: "at", Type: Text, Slot: 1},
		Field{Path: "x", Type: Number, Slot: 1}, Field{Path: "x", Type: Number, Slot: 2})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%s %v %s", row.Times, row.Numbers, row.Texts); got != "[1970-01-01T00:00:01Z] [1000 0.5 0.5] [1000 1000]" {
		t.Error(got)
	}
}

// TestProjectByNameAndByAlias: two paths lead to one field of the writer.
func TestProjectByNameAndByAlias(t *testing.T) {
	row, err := project(t, recordOf(`{"name":"total","aliases":["amount"],"type":"double"},{"name":"tail","aliases":["total"],"type":"int"}`),
		map[string]any{"total": 2.5, "tail": 1}, Field{Path: "amount"}, Field{Path: "total", Slot: 1}, Field{Path: "tail", Slot: 2})
	if err != nil || fmt.Sprint(row.Numbers) != "[2.5 2.5 1]" {
		t.Errorf("%v, %v", row, err)
	}
}

func TestProjectRowOfOtherFields(t *testing.T) {
	p, err := Compile(recordOf(`{"name":"x","type":"double"}`), []Field{{Path: "x", Slot: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Project(make([]byte, 8), NewRow(nil)); err == nil || errors.Is(err, ErrDatum) {
		t.Errorf("%v", err)
	}
	row := NewRow([]Field{{Path: "x", Slot: 1}})
	if err := p.Project(make([]byte, 8), row); err != nil || row.Numbers[0] == row.Numbers[0] || row.Numbers[1] != 0 {
		t.Errorf("%v, %v", row, err)
	}
}

// TestProjectAllocatesNothing covers every op that keeps a value, and skips.
func TestProjectAllocatesNothing(t *testing.T) {
	schema := recordOf(`{"name":"s","type":"string"},{"name":"b","type":"boolean"},{"name":"i","type":"int"},{"name":"l","type":"long"},{"name":"f","type":"float"},
		{"name":"d","type":"double"},{"name":"e","type":{"type":"enum","name":"E","symbols":["A"]}},{"name":"u","type":["null","double","string"]},
		{"name":"at","type":"string"},{"name":"m","type":{"type":"map","values":["null","string"]}},{"name":"a","type":{"type":"array","items":"double"}},
		{"name":"id","type":{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}},{"name":"c","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}`)
	var fields []Field
	for i, path := range strings.Split("s b i l f d e id c", " ") {
		fields = append(fields, Field{Path: path, Type: Text, Slot: i})
	}
	for i, path := range strings.Split("b i l f d u c", " ") {
		fields = append(fields, Field{Path: path, Type: Number, Slot: i})
	}
	fields = append(fields, Field{Path: "at", Type: Time}, Field{Path: "l", Type: Time, Slot: 1})
	p, err := Compile(schema, fields)
	if err != nil {
		t.Fatal(err)
	}
	b := appendString(nil, "id")
	b = appendLong(appendLong(append(b, 1), 123456), 1_000_000)
	b = append(b, 0, 0, 0, 0x3f)
	b = append(appendDouble(b, 12.5), 0)
	b = appendDouble(append(b, 2), 7)
	b = appendString(b, "2026-11-23T08:15:00.25+01:00")
	b = append(b, 2, 2, 'k', 2, 2, 'v', 0)
	b = append(appendDouble(append(b, 2), 1), 0)
	b = append(b, "0123456789abcdef"...)
	b = append(b, 4, 1, 0)
	row := NewRow(fields)
	if n := testing.AllocsPerRun(100, func() {
		if err := p.Project(b, row); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if got := fmt.Sprintf("%s %v %s", row.Texts, row.Numbers, row.Times); got != "[id 1 123456 1000000 0.5 12.5 A 30313233-3435-3637-3839-616263646566 2.56] [1 123456 1e+06 0.5 12.5 7 2.56] [2026-11-23T07:15:00.25Z 1970-01-01T00:16:40Z]" {
		t.Error(got)
	}
	if &row.Texts[0][0] != &b[1] {
		t.Error("a string was copied")
	}
}

// TestProjectBombs: a few bytes that promise much cost little.
func TestProjectBombs(t *testing.T) {
	p, err := Compile(recordOf(`{"name":"a","type":{"type":"array","items":{"type":"array","items":"double"}}},{"name":"m","type":{"type":"map","values":"long"}}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"items that are not there":   appendLong(nil, 50_000_000),
		"the largest block":          appendLong(nil, math.MaxInt64),
		"the smallest block":         appendLong(nil, math.MinInt64),
		"a block within its limit":   appendLong(nil, maxBlock),
		"a block of negative size":   appendLong(appendLong(nil, -1), -5),
		"a block of too large size":  appendLong(appendLong(nil, -1), 1<<40),
		"a block of the wrong size":  {1, 4, 0, 0, 0},
		"nothing":                    {},
		"one item too many":          append(append(appendLong(nil, maxBlock+1), make([]byte, maxBlock+1)...), 0, 0),
		"a map that is not there":    append([]byte{0}, appendLong(nil, 1<<40)...),
		"a key that is not there":    {0, 2, 100},
		"a key of negative length":   {0, 2, 1, 0, 0},
		"bytes after the end":        {0, 0, 0},
		"an array that does not end": {2, 0},
	} {
		if err := p.Project(b, NewRow(nil)); !errors.Is(err, ErrDatum) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, b := range map[string][]byte{
		"empty": {0, 0}, "sized": {1, 2, 0, 0, 0}, "two blocks": {2, 0, 2, 0, 0, 0},
		"as short as can be": {0, 6, 0, 0, 0, 0, 0, 0, 0},
		"as many as can be":  append(append(appendLong(nil, maxBlock), make([]byte, maxBlock)...), 0, 0),
	} {
		if err := p.Project(b, NewRow(nil)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
