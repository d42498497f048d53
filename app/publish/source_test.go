package publish

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/linkedin/goavro/v2"

	"hindsight/schemas"
)

const driver = `{"type": "record", "name": "Loan", "namespace": "test", "fields": [
	{"name": "event_id", "aliases": ["id"], "type": "string"},
	{"name": "amount", "type": ["null", "double"], "default": null},
	{"name": "currency", "type": "string", "default": "EUR"},
	{"name": "driver", "type": {"type": "record", "name": "Driver", "fields": [
		{"name": "age", "type": "int"},
		{"name": "salary", "type": ["null", "string"]}]}},
	{"name": "guarantor", "type": ["null", "Driver"], "default": null}]}`

// all encodes every row and decodes it again.
func all(t *testing.T, s *Schema, rows Source) []map[string]any {
	t.Helper()
	enc, err := NewEncoder(s, schemas.Bare, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]any
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		value, err := enc.Append(nil, row.Value)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, decode(t, s, value))
	}
}

func TestColumnsWalkIntoRecords(t *testing.T) {
	const data = "\ufeffid,driver.age,driver.salary,guarantor.age,guarantor.salary,note,set\n" +
		"1,30,,41,high,x,y\n" +
		"2,31,low,,,x,y\n"
	s := mustSchema(t, driver)
	var notes []string
	rows, err := NewCSV(strings.NewReader(data), "loans.csv", s, func(n string) { notes = append(notes, n) })
	if err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{
		{
			"event_id": "1", "amount": nil, "currency": "EUR",
			"driver":    map[string]any{"age": int32(30), "salary": nil},
			"guarantor": map[string]any{"test.Driver": map[string]any{"age": int32(41), "salary": map[string]any{"string": "high"}}},
		},
		{
			"event_id": "2", "amount": nil, "currency": "EUR",
			"driver":    map[string]any{"age": int32(31), "salary": map[string]any{"string": "low"}},
			"guarantor": nil,
		},
	}
	if diff := cmp.Diff(want, all(t, s, rows)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"loans.csv: ignored, as test.Loan has no such field: note, set"}, notes); diff != "" {
		t.Errorf("notes (-want +got)\n%s", diff)
	}
}

func TestHeaderFaultsAreReportedTogether(t *testing.T) {
	_, err := NewCSV(strings.NewReader("amount,amount,driver.salary\n"), "loans.csv", mustSchema(t, driver), nil)
	if err == nil {
		t.Fatal("accepted")
	}
	want := `loans.csv line 1: column amount: field amount has a column already
loans.csv line 1: there is no column event_id (string, required)
loans.csv line 1: there is no column driver.age (int, required)`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, err := NewCSV(strings.NewReader(""), "empty.csv", mustSchema(t, driver), nil); err == nil || !strings.Contains(err.Error(), "empty.csv: is empty") {
		t.Errorf("an empty file: %v", err)
	}
}

func TestErrorNamesTheLineAcrossQuotedBreaks(t *testing.T) {
	const data = "id,driver.age,driver.salary\n1,30,\"two\nlines\"\n2,young,\n"
	rows, err := NewCSV(strings.NewReader(data), "loans.csv", mustSchema(t, driver), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rows.Next(); err != nil {
		t.Fatal(err)
	}
	_, err = rows.Next()
	if want := `loans.csv line 4: column driver.age: "young" is not of type int`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestNDJSONNotesExtraFieldsOnce(t *testing.T) {
	const data = `{"id": 1, "driver": {"age": 30}, "b": 1, "a": 1}` + "\n" + `{"id": 2, "driver": {"age": 30, "salary": null}, "a": 1}` + "\n"
	s := mustSchema(t, driver)
	var notes []string
	got := all(t, s, NewNDJSON(strings.NewReader(data), "x.ndjson", s, func(n string) { notes = append(notes, n) }))
	if len(got) != 2 || got[0]["event_id"] != "1" || got[0]["currency"] != "EUR" {
		t.Errorf("got %v", got)
	}
	want := []string{
		"x.ndjson line 1: ignored, as test.Loan has no such field: a",
		"x.ndjson line 1: ignored, as test.Loan has no such field: b",
	}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Errorf("notes (-want +got)\n%s", diff)
	}
}

// The writer's schema may have other types and orders than ours, as long as
// the values fit.
func TestOCFOfAnotherSchema(t *testing.T) {
	const writer = `{"type": "record", "name": "w", "fields": [
		{"name": "driver", "type": {"type": "record", "name": "D", "fields": [
			{"name": "salary", "type": ["string", "null"]}, {"name": "age", "type": ["null", "long"]}]}},
		{"name": "amount", "type": "float"},
		{"name": "id", "type": "long"}]}`
	var file bytes.Buffer
	w, err := goavro.NewOCFWriter(goavro.OCFConfig{W: &file, Schema: writer, CompressionName: goavro.CompressionSnappyLabel})
	if err != nil {
		t.Fatal(err)
	}
	row := map[string]any{
		"driver": map[string]any{"salary": map[string]any{"string": "low"}, "age": map[string]any{"long": 44}},
		"amount": float32(2.5), "id": 9,
	}
	if err := w.Append([]any{row}); err != nil {
		t.Fatal(err)
	}
	s := mustSchema(t, driver)
	rows, err := NewOCF(&file, "x.avro", s)
	if err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{{
		"event_id": "9", "amount": map[string]any{"double": 2.5}, "currency": "EUR",
		"driver":    map[string]any{"age": int32(44), "salary": map[string]any{"string": "low"}},
		"guarantor": nil,
	}}
	if diff := cmp.Diff(want, all(t, s, rows)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestOpenByName(t *testing.T) {
	dir := t.TempDir()
	write := func(name, data string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := io.WriteString(z, "v\n1\n"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	s := mustSchema(t, of(`"int"`))
	for _, path := range []string{
		write("a.csv", "v\n1\n"), write("a.csv.gz", packed.String()), write("packed.csv", packed.String()), write("a.ndjson", `{"v": 1}`),
	} {
		f, err := Open(path, s, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff([]map[string]any{{"v": int32(1)}}, all(t, s, f)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", path, diff)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	for path, want := range map[string]string{
		write("a.txt", "v\n1\n"):        "cannot tell its format",
		filepath.Join(dir, "none.csv"):  "no such file",
		write("b.avro", "v\n1\n"):       "is not an Avro file",
		write("c.csv", "\x1f\x8bxxxxx"): "gzip",
	} {
		if _, err := Open(path, s, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

func TestSchemaIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"type": "rec"}`: "schema:",
		`"long"`:          "want a record",
		`x`:               "schema:",
	} {
		if _, err := ParseSchema([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	s := mustSchema(t, driver)
	for path, want := range map[string]string{
		"x":              "record test.Loan has no field x",
		"driver.x":       "record test.Driver has no field x",
		"amount.x":       "amount holds null or double, which has no fields",
		"guarantor.age.": "which has no fields",
	} {
		if _, err := s.Path(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}
