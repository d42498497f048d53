package schemas

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// unreadable lists why reader cannot read what writer wrote, by the rules of
// "Schema Resolution" in the Avro specification. Empty: it can.
func unreadable(reader, writer *schema, path string) (faults []string) {
	fault := func(format string, args ...any) []string {
		return append(faults, path+": "+fmt.Sprintf(format, args...))
	}
	if writer.kind == typeUnion {
		for _, b := range writer.union {
			faults = append(faults, unreadable(reader, b, path+"|"+b.describe())...)
		}
		return faults
	}
	if reader.kind == typeUnion {
		for _, b := range reader.union {
			if len(unreadable(b, writer, path)) == 0 {
				return nil
			}
		}
		return fault("no branch of %s reads %s", reader.describe(), writer.describe())
	}
	if reader.kind != writer.kind {
		promotions := map[avroType][]avroType{
			typeInt: {typeLong, typeFloat, typeDouble}, typeLong: {typeFloat, typeDouble}, typeFloat: {typeDouble},
			typeString: {typeBytes}, typeBytes: {typeString},
		}
		if !slices.Contains(promotions[writer.kind], reader.kind) {
			return fault("%s does not become %s", writer.describe(), reader.describe())
		}
		return nil
	}
	if reader.logical != writer.logical {
		return fault("logical type %q became %q", writer.logical, reader.logical)
	}
	last := func(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
	if last(reader.name) != last(writer.name) && !slices.Contains(reader.aliases, writer.name) {
		return fault("%s is not %s", writer.name, reader.name)
	}
	switch reader.kind {
	case typeArray, typeMap:
		return unreadable(reader.items, writer.items, path+"[]")
	case typeFixed:
		if reader.size != writer.size {
			return fault("size %d became %d", writer.size, reader.size)
		}
	case typeEnum: // stricter than Avro: our decoder reads by position
		if len(reader.symbols) < len(writer.symbols) || !slices.Equal(reader.symbols[:len(writer.symbols)], writer.symbols) {
			return fault("symbols %v became %v", writer.symbols, reader.symbols)
		}
	case typeRecord:
		for _, f := range reader.fields {
			i := writer.find(f.name)
			for _, alias := range f.aliases {
				if i < 0 {
					i = writer.find(alias)
				}
			}
			switch {
			case i >= 0:
				faults = append(faults, unreadable(f.typ, writer.fields[i].typ, path+"."+f.name)...)
			case !f.hasDefault:
				faults = fault("new field %s without default", f.name)
			}
		}
	}
	return faults
}

func released(t *testing.T, version string, k RecordKind) *schema {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "released", version, k.String()+".avsc"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := parseSchema(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// releasedFingerprint is that of the newest version, which holds what changed in it.
func releasedFingerprint(t *testing.T, k RecordKind) uint64 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "released", "v*", k.String()+".avsc"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %v", k, files, err)
	}
	number := func(file string) int {
		n, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(filepath.Dir(file)), "v"))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	newest := slices.MaxFunc(files, func(a, b string) int { return number(a) - number(b) })
	return released(t, filepath.Base(filepath.Dir(newest)), k).fingerprint()
}

// TestBackwardCompatibility: today's schemas read everything ever released.
func TestBackwardCompatibility(t *testing.T) {
	versions, err := os.ReadDir(filepath.Join("testdata", "released"))
	if err != nil || len(versions) == 0 {
		t.Fatalf("%d versions, %v", len(versions), err)
	}
	for _, v := range versions {
		for _, k := range RecordKinds() {
			now, err := parseSchema(k.Schema())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join("testdata", "released", v.Name(), k.String()+".avsc")); err != nil && v.Name() != "v1" {
				continue // as it was before
			}
			for _, fault := range unreadable(now, released(t, v.Name(), k), k.String()) {
				t.Errorf("%s: %s", v.Name(), fault)
			}
		}
	}
}

// TestEarlierVersions: our decoders read what released versions wrote that only
// lack fields at the end, and the table of them is complete.
func TestEarlierVersions(t *testing.T) {
	versions, err := os.ReadDir(filepath.Join("testdata", "released"))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range RecordKinds() {
		now, err := parseSchema(k.Schema())
		if err != nil {
			t.Fatal(err)
		}
		var want []uint64
		for _, v := range versions {
			if _, err := os.Stat(filepath.Join("testdata", "released", v.Name(), k.String()+".avsc")); err != nil {
				continue
			}
			old, shorter := released(t, v.Name(), k), *now
			if shorter.fields = now.fields[:min(len(now.fields), len(old.fields))]; len(shorter.fields) < len(now.fields) && shorter.fingerprint() == old.fingerprint() {
				want = append(want, old.fingerprint())
			}
		}
		if !slices.Equal(earlier(k), want) {
			t.Errorf("%s: earlier versions are %x, want %x", k, earlier(k), want)
		}
		for _, fp := range want {
			frame := binary.LittleEndian.AppendUint64([]byte{0xc3, 1}, fp)
			if _, err := OwnPayload(frame, k); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestCompatibilityChecker shows that the checker can fail.
func TestCompatibilityChecker(t *testing.T) {
	record := func(fields string) string { return `{"type":"record","name":"a.R","fields":[` + fields + `]}` }
	enum := func(symbols string) string {
		return record(`{"name":"e","type":{"type":"enum","name":"E","symbols":[` + symbols + `]}}`)
	}
	for name, c := range map[string]struct {
		writer, reader, want string // want "": compatible
	}{
		"same":                     {record(`{"name":"x","type":"int"}`), record(`{"name":"x","type":"int"}`), ""},
		"added with default":       {record(``), record(`{"name":"x","type":"int","default":0}`), ""},
		"added without":            {record(``), record(`{"name":"x","type":"int"}`), "new field x"},
		"removed":                  {record(`{"name":"x","type":"int"}`), record(``), ""},
		"reordered":                {record(`{"name":"x","type":"int"},{"name":"y","type":"long"}`), record(`{"name":"y","type":"long"},{"name":"x","type":"int"}`), ""},
		"widened":                  {record(`{"name":"x","type":"int"}`), record(`{"name":"x","type":"double"}`), ""},
		"narrowed":                 {record(`{"name":"x","type":"long"}`), record(`{"name":"x","type":"int"}`), "long does not become int"},
		"made nullable":            {record(`{"name":"x","type":"int"}`), record(`{"name":"x","type":["null","int"]}`), ""},
		"no longer nullable":       {record(`{"name":"x","type":["null","int"]}`), record(`{"name":"x","type":"int"}`), "null does not become int"},
		"renamed":                  {record(`{"name":"x","type":"int"}`), record(`{"name":"y","type":"int"}`), "new field y"},
		"renamed with alias":       {record(`{"name":"x","type":"int"}`), record(`{"name":"y","aliases":["x"],"type":"int"}`), ""},
		"symbol appended":          {enum(`"A"`), enum(`"A","B"`), ""},
		"symbol inserted":          {enum(`"A","B"`), enum(`"C","A","B"`), "symbols"},
		"symbol removed":           {enum(`"A","B"`), enum(`"A"`), "symbols"},
		"array items":              {record(`{"name":"x","type":{"type":"array","items":"string"}}`), record(`{"name":"x","type":{"type":"array","items":"int"}}`), "string does not become int"},
		"another meaning of time":  {record(`{"name":"x","type":{"type":"long","logicalType":"timestamp-micros"}}`), record(`{"name":"x","type":{"type":"long","logicalType":"timestamp-millis"}}`), "logical type"},
		"another size":             {record(`{"name":"x","type":{"type":"fixed","name":"F","size":4}}`), record(`{"name":"x","type":{"type":"fixed","name":"F","size":5}}`), "size"},
		"another name of a record": {record(`{"name":"x","type":{"type":"record","name":"A","fields":[]}}`), record(`{"name":"x","type":{"type":"record","name":"B","fields":[]}}`), "a.A is not a.B"},
	} {
		w, err := parseSchema(c.writer)
		if err != nil {
			t.Fatal(err)
		}
		r, err := parseSchema(c.reader)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(unreadable(r, w, "R"), "; ")
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestEveryFieldHasADoc reads the JSON, since docs are not kept in memory.
func TestEveryFieldHasADoc(t *testing.T) {
	for _, k := range RecordKinds() {
		var v any
		if err := json.Unmarshal([]byte(k.Schema()), &v); err != nil {
			t.Fatal(err)
		}
		if ns := v.(map[string]any)["namespace"]; ns != "hindsight.v1" {
			t.Errorf("%s.avsc: namespace %v", k, ns)
		}
		undocumented(t, k.String()+".avsc", v)
	}
}

func undocumented(t *testing.T, path string, v any) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			undocumented(t, path, x)
		}
	case map[string]any:
		if name, ok := v["name"].(string); ok {
			path += " " + name
			if doc, _ := v["doc"].(string); !strings.HasSuffix(doc, ".") {
				t.Errorf("%s: no doc, or no sentence: %q", path, doc)
			}
		}
		for _, key := range []string{"fields", "type", "items"} {
			undocumented(t, path, v[key])
		}
	}
}

// TestSharedTypesAgree: a type that several of our schemas define is one type.
func TestSharedTypesAgree(t *testing.T) {
	texts := map[string]string{}
	for _, k := range RecordKinds() {
		s, err := parseSchema(k.Schema())
		if err != nil {
			t.Fatal(err)
		}
		eachType(s, func(s *schema) {
			if s.name == "" {
				return
			}
			text := string(s.appendCanonical(nil, map[string]bool{}))
			if old, ok := texts[s.name]; ok && old != text {
				t.Errorf("%s.avsc: %s differs\n%s\n%s", k, s.name, text, old)
			}
			texts[s.name] = text
		})
	}
}
