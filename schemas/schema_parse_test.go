package schemas

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func repeat(n int, f func(i int) string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = f(i)
	}
	return strings.Join(parts, ",")
}

func recordOf(fields string) string {
	return `{"type":"record","name":"R","namespace":"n","fields":[` + fields + `]}`
}

func TestAdmit(t *testing.T) {
	deep := func(n int) string {
		return strings.Repeat(`{"type":"array","items":`, n) + `"int"` + strings.Repeat("}", n)
	}
	field := func(name, typ string) string { return fmt.Sprintf(`{"name":%q,"type":%s}`, name, typ) }
	fields := func(n int) string {
		return recordOf(repeat(n, func(i int) string { return field(fmt.Sprint("f", i), `"null"`) }))
	}
	symbols := func(n int) string {
		return `{"type":"enum","name":"E","symbols":[` + repeat(n, func(i int) string { return fmt.Sprintf(`"S%d"`, i) }) + `]}`
	}
	// 20 levels of a record that holds the one below twice: a million fields in two lines.
	doubling := recordOf(repeat(20, func(i int) string {
		inner := `"int"`
		if i > 0 {
			inner = fmt.Sprintf(`"T%d"`, i-1)
		}
		return field(fmt.Sprint("f", i), fmt.Sprintf(`{"type":"record","name":"T%d","fields":[%s,%s]}`, i, field("a", inner), field("b", inner)))
	}))
	for name, c := range map[string]struct{ schema, want string }{
		"primitive":                  {`"int"`, ""},
		"deepest":                    {deep(32), ""},
		"too deep":                   {deep(33), "deeper than 32"},
		"far too deep":               {deep(5000), "deeper than 32"},
		"most fields":                {fields(4096), ""},
		"too many fields":            {fields(4097), "more than 4096"},
		"doubling":                   {doubling, "named types counted wherever"},
		"depth by reference":         {recordOf(field("a", deep2("A", 20)) + "," + field("b", deepOver("A", 20))), "deeper than 32"},
		"too long":                   {`"` + strings.Repeat("a", 256<<10) + `"`, "bytes of text"},
		"recursive":                  {recordOf(field("s", `"R"`)), "contains itself"},
		"recursive by full name":     {recordOf(field("s", `["null","n.R"]`)), "contains itself"},
		"recursive from within":      {recordOf(field("s", recordNamed("I", field("r", `{"type":"array","items":"R"}`)))), "contains itself"},
		"recursive, no namespace":    {recordNamed("Q", field("x", `{"type":"record","name":"I","namespace":"n","fields":[`+field("r", `"Q"`)+`]}`)), "contains itself"},
		"array of null":              {`{"type":"array","items":"null"}`, "may take no bytes"},
		"array of empty record":      {`{"type":"array","items":` + recordOf("") + `}`, "may take no bytes"},
		"map of nulls in record":     {`{"type":"map","values":` + recordOf(field("x", `"null"`)) + `}`, "may take no bytes"},
		"array of nullable":          {`{"type":"array","items":["null","int"]}`, ""},
		"largest fixed":              {`{"type":"fixed","name":"F","size":65536}`, ""},
		"larger fixed":               {`{"type":"fixed","name":"F","size":65537}`, "size 65537"},
		"empty fixed":                {`{"type":"fixed","name":"F","size":0}`, "size 0"},
		"half a fixed":               {`{"type":"fixed","name":"F","size":1.5}`, "size 1.5"},
		"largest enum":               {symbols(4096), ""},
		"larger enum":                {symbols(4097), "4097 symbols"},
		"enum without symbols":       {`{"type":"enum","name":"E","symbols":[]}`, "no symbols"},
		"enum with a symbol twice":   {`{"type":"enum","name":"E","symbols":["A","A"]}`, "twice"},
		"enum with an odd symbol":    {`{"type":"enum","name":"E","symbols":["a-b"]}`, "not a name"},
		"not JSON":                   {`{`, "not JSON"},
		"a number":                   {`7`, "must be a JSON string"},
		"no type":                    {`{"name":"x"}`, `without "type"`},
		"unknown type":               {`"integer"`, `unknown type "integer"`},
		"empty union":                {`[]`, "without branches"},
		"union in union":             {`["null",["int"]]`, "union in a union"},
		"union of two longs":         {`["long",{"type":"long","logicalType":"timestamp-millis"}]`, "a second long"},
		"union of two records":       {`[` + recordNamed("A", "") + `,` + recordNamed("B", "") + `]`, ""},
		"record without fields key":  {`{"type":"record","name":"R"}`, `no "fields"`},
		"record without name":        {`{"type":"record","fields":[]}`, "not a name"},
		"odd namespace":              {`{"type":"record","name":"R","namespace":"a-b","fields":[]}`, "not a name"},
		"field that is no object":    {recordOf(`7`), "not an object"},
		"field without name":         {recordOf(`{"type":"int"}`), "not a name"},
		"field twice":                {recordOf(field("x", `"int"`) + "," + field("x", `"int"`)), "stands twice"},
		"type twice":                 {recordOf(field("x", recordNamed("A", "")) + "," + field("y", recordNamed("A", ""))), "defined twice"},
		"array without items":        {`{"type":"array"}`, `without "items"`},
		"map without values":         {`{"type":"map"}`, `without "values"`},
		"name used again":            {recordOf(field("x", recordNamed("A", "")) + "," + field("y", `"A"`) + "," + field("z", `"n.A"`)), ""},
		"name that could be two":     {recordOf(field("x", recordNamed("A", "")) + "," + field("y", `{"type":"record","name":"A","namespace":"","fields":[]}`) + "," + field("z", `"A"`)), "could be n.A or A"},
		"type in the field's object": {recordOf(`{"name":"x","type":"array","items":"int"}`), ""},
		"type in an object":          {`{"type":{"type":{"type":"int"}}}`, ""},
		"bad decimal is bytes":       {`{"type":"bytes","logicalType":"decimal"}`, ""},
	} {
		err := Admit(c.schema)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (!errors.Is(err, ErrSchema) || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if err != nil && len(err.Error()) > 2000 {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
	}
}

func recordNamed(name, fields string) string {
	return fmt.Sprintf(`{"type":"record","name":%q,"fields":[%s]}`, name, fields)
}

// deep2 defines a record that holds n arrays in one another.
func deep2(name string, n int) string {
	return recordNamed(name, `{"name":"x","type":`+strings.Repeat(`{"type":"array","items":`, n)+`"int"`+strings.Repeat("}", n)+"}")
}

// deepOver holds that record in n further arrays.
func deepOver(name string, n int) string {
	return strings.Repeat(`{"type":"array","items":`, n) + `"` + name + `"` + strings.Repeat("}", n)
}

func TestNewCodec(t *testing.T) {
	if _, err := NewCodec(`{"type":"array","items":"null"}`); !errors.Is(err, ErrSchema) {
		t.Errorf("not admitted: %v", err)
	}
	// goavro panics on the second of these.
	decimal := `{"type":"bytes","logicalType":"decimal","precision":4}`
	if _, err := NewCodec(recordOf(`{"name":"a","type":` + decimal + `},{"name":"b","type":` + decimal + `}`)); !errors.Is(err, ErrSchema) {
		t.Errorf("panic of goavro: %v", err)
	}
	codec, err := NewCodec(`{"type":"array","items":"int"}`)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := Native(codec, []byte{2, 4, 0}); err != nil || fmt.Sprint(v) != "[2]" {
		t.Errorf("%v, %v", v, err)
	}
	for name, b := range map[string][]byte{
		"trailing byte": {2, 4, 0, 0}, "cut short": {2, 4},
		"bomb": appendLong(nil, 50_000_000),
	} {
		if _, err := Native(codec, b); !errors.Is(err, ErrDatum) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
