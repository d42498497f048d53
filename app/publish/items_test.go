package publish

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hindsight/schemas"
)

const reading = `{"type": "record", "name": "Reading", "fields": [
	{"name": "id", "type": ["null", "long"]},
	{"name": "at", "type": ["null", {"type": "long", "logicalType": "timestamp-micros"}]}]}`

// itemsOf reads rows of id and at.
func itemsOf(t *testing.T, data string, change func(*Layout)) ([]Item, error) {
	t.Helper()
	s := mustSchema(t, reading)
	rows, err := NewCSV(strings.NewReader("id,at\n"+data), "r.csv", s, nil)
	if err != nil {
		t.Fatal(err)
	}
	enc, err := NewEncoder(s, schemas.Bare, 0)
	if err != nil {
		t.Fatal(err)
	}
	key, err := s.Path("id")
	if err != nil {
		t.Fatal(err)
	}
	when, err := s.Path("at")
	if err != nil {
		t.Fatal(err)
	}
	layout := Layout{Topic: "readings", Key: key, Time: &when, Name: "r.csv"}
	if change != nil {
		change(&layout)
	}
	var items []Item
	for item, err := range Items(rows, enc, layout) {
		if err != nil {
			return items, err
		}
		items = append(items, item)
	}
	return items, nil
}

func keys(items []Item) []string {
	var out []string
	for _, item := range items {
		out = append(out, string(item.Key))
	}
	return out
}

func TestRowsThatGoBackInTime(t *testing.T) {
	const data = "1,2020-01-01 00:00:02\n2,2020-01-01 00:00:03\n3,2020-01-01 00:00:03\n4,2020-01-01 00:00:01\n5,2020-01-01 00:00:02\n"
	items, err := itemsOf(t, data, nil)
	want := "r.csv line 5: 2020-01-01T00:00:01Z is before 2020-01-01T00:00:03Z of the row ahead: it goes back in time; --sort puts the rows in order"
	if !errors.Is(err, ErrBackwards) || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	if diff := cmp.Diff([]string{"1", "2", "3"}, keys(items)); diff != "" {
		t.Errorf("before the refusal (-want +got)\n%s", diff)
	}
	items, err = itemsOf(t, data, func(l *Layout) { l.Sort = true })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"4", "1", "5", "2", "3"}, keys(items)); diff != "" {
		t.Errorf("sorted (-want +got)\n%s", diff)
	}
	if want := schemas.InstantOf(at("2020-01-01T00:00:01Z")); items[0].At != want {
		t.Errorf("the first stands at %s, want %s", items[0].At, want)
	}
}

func TestRowsWithoutTimeOrKeyAreRefused(t *testing.T) {
	for data, want := range map[string]string{
		"1,\n":                     "r.csv line 2: at, which is the record's time: is missing",
		",2020-01-01 00:00:00\n":   "r.csv line 2: id, which is the record's key: is missing",
		"1,2020-01-01 00:00:00,\n": "wrong number of fields",
	} {
		if _, err := itemsOf(t, data, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", data, err, want)
		}
	}
	now := at("2026-11-23T00:00:00Z")
	items, err := itemsOf(t, "1,\n2,\n", func(l *Layout) { l.Time, l.Now = nil, func() time.Time { return now } })
	if err != nil || len(items) != 2 || items[1].At != schemas.InstantOf(now) {
		t.Errorf("without a time field: %v, %v", items, err)
	}
}

func TestInstantOfEveryTypeOfTime(t *testing.T) {
	want := schemas.InstantOf(at("2018-03-01T00:00:00Z"))
	for typ, cell := range map[string]string{
		tsMillis: "2018-03-01 00:00:00", tsMicros: "2018-03-01 00:00:00", dateType: "2018-03-01",
		`"string"`: "2018-03-01T00:00:00Z", `"long"`: "1519862400000", `["null", ` + tsMillis + `]`: "2018-03-01 00:00:00",
	} {
		s := mustSchema(t, of(typ))
		rows, err := NewCSV(strings.NewReader("v\n"+cell+"\n"), "t.csv", s, nil)
		if err != nil {
			t.Fatal(err)
		}
		row, err := rows.Next()
		if err != nil {
			t.Fatal(err)
		}
		path, err := s.Path("v")
		if err != nil {
			t.Fatal(err)
		}
		v, n, err := path.lookup(row.Value, s.root)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := instantOf(n, v); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", typ, got, err, want)
		}
	}
	if _, err := instantOf(&node{kind: kindDouble, name: "double"}, 1.5); err == nil {
		t.Error("a double was taken for a time")
	}
}

// Slices that were handed out stay as they are when more follow.
func TestSlabKeepsWhatItGave(t *testing.T) {
	var s slab
	var got [][]byte
	for i := range 20_000 {
		b, err := s.add(func(dst []byte) ([]byte, error) { return fmt.Appendf(dst, "item %d", i), nil })
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, b)
	}
	big, err := s.add(func(dst []byte) ([]byte, error) { return append(dst, make([]byte, 1<<18)...), nil })
	if err != nil || len(big) != 1<<18 {
		t.Fatal(len(big), err)
	}
	if i := slices.IndexFunc(got, func(b []byte) bool { return !strings.HasPrefix(string(b), "item ") }); i >= 0 {
		t.Errorf("slice %d is %q", i, got[i])
	}
	for i, b := range got {
		if string(b) != fmt.Sprintf("item %d", i) {
			t.Fatalf("slice %d is %q", i, b)
		}
	}
}
