package schemas

import "testing"

// TestFingerprints takes its figures from the cases that Avro's own
// implementations share (share/test/data/schema-tests.txt), which Avro states as
// signed numbers.
func TestFingerprints(t *testing.T) {
	for _, c := range []struct {
		schema, canonical string
		fingerprint       int64
	}{
		{`"null"`, `"null"`, 7195948357588979594},
		{`{"type":"boolean"}`, `"boolean"`, -6970731678124411036},
		{`"int"`, `"int"`, 8247732601305521295},
		{`"long"`, `"long"`, -3434872931120570953},
		{`"float"`, `"float"`, 5583340709985441680},
		{`"double"`, `"double"`, -8181574048448539266},
		{`"bytes"`, `"bytes"`, 5746618253357095269},
		{`"string"`, `"string"`, -8142146995180207161},
		{`[ "int" , {"type":"boolean"} ]`, `["int","boolean"]`, 5392556393470105090},
		{`{"fields":[], "type":"record", "name":"foo", "namespace":"x.y"}`, `{"name":"x.y.foo","type":"record","fields":[]}`, 5916914534497305771},
		{`{"fields":[], "type":"record", "name":"a.b.foo", "namespace":"x.y"}`, `{"name":"a.b.foo","type":"record","fields":[]}`, -4616218487480524110},
		{`{"fields":[], "type":"record", "name":"foo", "doc":"foo", "aliases":["foo","bar"]}`, `{"name":"foo","type":"record","fields":[]}`, -4824392279771201922},
		{`{ "fields":[{"type":"boolean", "aliases":[], "name":"f1", "default":"true"}, {"order":"descending","name":"f2","doc":"Hello","type":"int"}], "type":"record", "name":"foo"}`,
			`{"name":"foo","type":"record","fields":[{"name":"f1","type":"boolean"},{"name":"f2","type":"int"}]}`, -4860222112080293046},
		{`{"namespace":"x.y.z", "type":"enum", "name":"foo", "doc":"foo bar", "symbols":["A1", "A2"]}`, `{"name":"x.y.z.foo","type":"enum","symbols":["A1","A2"]}`, -4448647247586288245},
		{`{"namespace":"x.y.z", "type":"fixed", "name":"foo", "doc":"foo bar", "size":32}`, `{"name":"x.y.z.foo","type":"fixed","size":32}`, -3064184465700546786},
		{`{ "values":"string", "type":"map"}`, `{"type":"map","values":"string"}`, -8732877298790414990},
	} {
		canonical, err := CanonicalSchema(c.schema)
		if err != nil || canonical != c.canonical {
			t.Errorf("%s: %s, %v; want %s", c.schema, canonical, err, c.canonical)
		}
		if fp, err := Fingerprint(c.schema); err != nil || int64(fp) != c.fingerprint {
			t.Errorf("%s: %d, %v; want %d", c.schema, int64(fp), err, c.fingerprint)
		}
	}
}

// TestCanonicalSchemaWhereGoavroFails: logical types go, and a namespace within
// a namespace replaces it.
func TestCanonicalSchemaWhereGoavroFails(t *testing.T) {
	const text = `{"type":"record","name":"R","namespace":"a","fields":[
		{"name":"t","type":{"type":"long","logicalType":"timestamp-micros"}},
		{"name":"e","type":{"type":"enum","name":"E","namespace":"b.c","symbols":["X"]}},
		{"name":"f","type":{"type":"fixed","name":"F","size":4}},
		{"name":"again","type":["null","F","b.c.E"]}]}`
	const want = `{"name":"a.R","type":"record","fields":[{"name":"t","type":"long"},` +
		`{"name":"e","type":{"name":"b.c.E","type":"enum","symbols":["X"]}},` +
		`{"name":"f","type":{"name":"a.F","type":"fixed","size":4}},` +
		`{"name":"again","type":["null","a.F","b.c.E"]}]}`
	if got, err := CanonicalSchema(text); got != want || err != nil {
		t.Errorf("%s, %v", got, err)
	}
}

// TestOwnFingerprints: readers of single-object topics know our records by
// these. One may change only together with a new released version.
func TestOwnFingerprints(t *testing.T) {
	want := map[RecordKind]uint64{}
	for _, k := range RecordKinds() {
		want[k] = releasedFingerprint(t, k)
	}
	seen := map[uint64]RecordKind{}
	for _, k := range RecordKinds() {
		fp := k.Fingerprint()
		if fp != want[k] {
			t.Errorf("%s has fingerprint %016x, released was %016x", k, fp, want[k])
		}
		if other, ok := seen[fp]; ok {
			t.Errorf("%s and %s share a fingerprint", k, other)
		}
		seen[fp] = k
	}
	if RecordKind(99).Fingerprint() != 0 || RecordKind(99).Schema() != "" || RecordKind(99).String() != "record(99)" {
		t.Error("a record that is none")
	}
}
