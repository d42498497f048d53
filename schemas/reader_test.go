package schemas

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// shelf is a registry in memory that counts.
type shelf struct {
	mu    sync.Mutex
	texts map[uint32]string
	err   error
	asked int
}

func (s *shelf) lookup(_ context.Context, id uint32) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if text, ok := s.texts[id]; ok {
		return text, nil
	}
	return "", s.err
}

func eventWith(typ string) string {
	return `{"type":"record","name":"Event","fields":[{"name":"x","type":"` + typ + `"}]}`
}

func TestReaderConfluent(t *testing.T) {
	s := &shelf{texts: map[uint32]string{1: eventWith("int"), 2: eventWith("double"), 3: eventWith("string"), 4: `{"type":`}}
	fields := []Field{{Path: "x", Type: Number}}
	r, err := NewReader(Confluent, "", s.lookup, fields)
	if err != nil {
		t.Fatal(err)
	}
	row := NewRow(fields)
	read := func(id uint32, datum ...byte) error {
		return r.Read(t.Context(), append(ConfluentFraming(id), datum...), row)
	}
	for range 3 {
		if err := read(1, 14); err != nil || row.Numbers[0] != 7 {
			t.Fatal(row.Numbers, err)
		}
		if err := read(2, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f); err != nil || row.Numbers[0] != 1 {
			t.Fatal(row.Numbers, err)
		}
		if err := read(3, 0); !errors.Is(err, ErrSchema) || !strings.Contains(err.Error(), "schema id 3") || !strings.Contains(err.Error(), `"x"`) {
			t.Fatal(err)
		}
		if err := read(4, 0); !errors.Is(err, ErrSchema) {
			t.Fatal(err)
		}
		if err := read(1); !errors.Is(err, ErrDatum) {
			t.Fatal(err)
		}
	}
	if s.asked != 4 {
		t.Errorf("%d lookups for 4 ids", s.asked)
	}
	if err := r.Read(t.Context(), []byte{1, 2, 3}, row); !errors.Is(err, ErrWire) {
		t.Error(err)
	}
	for _, want := range []error{ErrUnknownSchema, ErrSchema, ErrUnavailable} {
		s.err = fmt.Errorf("here: %w", want)
		if err := read(9, 0); !errors.Is(err, want) || !strings.Contains(err.Error(), "schema id 9") {
			t.Errorf("%v, want %v", err, want)
		}
	}
	s.err = context.Canceled
	if err := read(9, 0); !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	s.texts[9] = eventWith("int") // what was said of an unknown id is not kept here
	if err := read(9, 14); err != nil {
		t.Error(err)
	}
}

func TestReaderWithSchemaFile(t *testing.T) {
	fields := []Field{{Path: "event_id", Type: Text}}
	x := Label{EventID: "a", Truth: "1"}
	for wire, framing := range map[Wire]Framing{SingleObject: SingleObjectFraming(LabelRecord), Bare: nil} {
		r, err := NewReader(wire, LabelRecord.Schema(), nil, fields)
		if err != nil {
			t.Fatal(err)
		}
		row := NewRow(fields)
		if err := r.Read(t.Context(), x.AppendAvro(framing), row); err != nil || string(row.Texts[0]) != "a" {
			t.Errorf("%s: %s, %v", wire, row.Texts, err)
		}
		if wire != SingleObject {
			continue
		}
		err = r.Read(t.Context(), x.AppendAvro(SingleObjectFraming(ScoreRecord)), row)
		if !errors.Is(err, ErrUnknownSchema) || !strings.Contains(err.Error(), fmt.Sprintf("%016x", ScoreRecord.Fingerprint())) ||
			!strings.Contains(err.Error(), fmt.Sprintf("%016x", LabelRecord.Fingerprint())) {
			t.Errorf("%v", err)
		}
	}
}

func TestNewReaderRefuses(t *testing.T) {
	lookup := (&shelf{}).lookup
	for want, f := range map[string]func() (*Reader, error){
		"needs a schema registry":   func() (*Reader, error) { return NewReader(Confluent, "", nil, nil) },
		"share number slot":         func() (*Reader, error) { return NewReader(Confluent, "", lookup, []Field{{Path: "a"}, {Path: "b"}}) },
		"bare needs a schema file":  func() (*Reader, error) { return NewReader(Bare, "", lookup, nil) },
		"unusable schema: not JSON": func() (*Reader, error) { return NewReader(Bare, "{", lookup, nil) },
		"has no field a":            func() (*Reader, error) { return NewReader(SingleObject, eventWith("int"), nil, []Field{{Path: "a"}}) },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestReaderRemembersAThousand(t *testing.T) {
	s := &shelf{texts: map[uint32]string{}}
	for id := range uint32(maxProjections + 1) {
		s.texts[id] = eventWith("int")
	}
	r, err := NewReader(Confluent, "", s.lookup, nil)
	if err != nil {
		t.Fatal(err)
	}
	read := func(id uint32) {
		if err := r.Read(t.Context(), append(ConfluentFraming(id), 0), NewRow(nil)); err != nil {
			t.Fatal(err)
		}
	}
	for id := range uint32(maxProjections + 1) {
		read(id)
	}
	if n := len(*r.known.Load()); n != maxProjections || len(r.order) != n {
		t.Errorf("%d remembered, %d in order", n, len(r.order))
	}
	read(maxProjections)
	if s.asked != maxProjections+1 {
		t.Errorf("%d lookups", s.asked)
	}
	if read(0); s.asked != maxProjections+2 { // the oldest had gone
		t.Errorf("%d lookups", s.asked)
	}
}

func TestReaderAllocatesNothing(t *testing.T) {
	text, fields := eventSchema(true)
	r, err := NewReader(Confluent, "", (&shelf{texts: map[uint32]string{7: text}}).lookup, fields)
	if err != nil {
		t.Fatal(err)
	}
	s, err := parseSchema(text)
	if err != nil {
		t.Fatal(err)
	}
	value, row := append(ConfluentFraming(7), eventDatum(s)...), NewRow(fields)
	if n := testing.AllocsPerRun(100, func() {
		if err := r.Read(t.Context(), value, row); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestReaderIsSafeForConcurrentUse is for the race detector.
func TestReaderIsSafeForConcurrentUse(t *testing.T) {
	s := &shelf{texts: map[uint32]string{}}
	for id := range uint32(50) {
		s.texts[id] = eventWith("int")
	}
	fields := []Field{{Path: "x", Type: Number}}
	r, err := NewReader(Confluent, "", s.lookup, fields)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			row := NewRow(fields)
			for i := range uint32(500) {
				value := appendLong(ConfluentFraming(i%50), int64(i))
				if err := r.Read(t.Context(), value, row); err != nil || row.Numbers[0] != float64(i) {
					t.Error(row.Numbers, err)
				}
			}
		})
	}
	group.Wait()
}
