package schemas

import (
	"encoding"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

// TestNamesAreTheSymbols holds the Go constants against the enums in the schemas.
func TestNamesAreTheSymbols(t *testing.T) {
	want := map[string][]string{
		"hindsight.v1.Kind":        kindNames,
		"hindsight.v1.Fate":        fateNames,
		"hindsight.v1.Clock":       clockNames,
		"hindsight.v1.WindowState": windowStateNames,
		"hindsight.v1.AlarmState":  alarmStateNames,
	}
	seen := map[string]bool{}
	for _, k := range RecordKinds() {
		s, err := parseSchema(k.Schema())
		if err != nil {
			t.Fatal(err)
		}
		eachType(s, func(s *schema) {
			if s.kind == typeEnum {
				seen[s.name] = true
				if !slices.Equal(s.symbols, want[s.name]) {
					t.Errorf("%s.avsc: %s has symbols %v, Go has %v", k, s.name, s.symbols, want[s.name])
				}
			}
		})
	}
	if len(seen) != len(want) {
		t.Errorf("only %v stand in schemas", seen)
	}
}

func eachType(s *schema, visit func(*schema)) {
	visit(s)
	for _, f := range s.fields {
		eachType(f.typ, visit)
	}
	for _, b := range s.union {
		eachType(b, visit)
	}
	if s.items != nil {
		eachType(s.items, visit)
	}
}

func TestNames(t *testing.T) {
	type named interface {
		fmt.Stringer
		encoding.TextMarshaler
	}
	for want, v := range map[string]named{
		"none": NoKind, "matched": Matched, "assumed": Assumed, "unlabelled": Unlabelled, "duplicate": Repeated,
		"used": Used, "revision": Revision, "conflict": Conflict, "orphan": Orphan, "too_late": TooLate, "dead_letter": DeadLettered,
		"event": EventClock, "label": LabelClock, "provisional": Provisional, "mature": Mature, "final": Final,
		"unknown": Unknown, "ok": OK, "pending": Pending, "firing": Firing, "resolved": Resolved,
		"confluent": Confluent, "single-object": SingleObject, "bare": Bare,
	} {
		if b, err := v.MarshalText(); v.String() != want || string(b) != want || err != nil {
			t.Errorf("%s, %s, %v; want %s", v, b, err, want)
		}
	}
	if NoFate.String() != "none" || SameAgain.String() != "duplicate" {
		t.Error(NoFate, SameAgain)
	}
	if _, err := Kind(9).MarshalText(); err == nil || Kind(9).String() != "kind(9)" {
		t.Errorf("%s, %v", Kind(9), err)
	}
}

func TestNamesInJSON(t *testing.T) {
	type all struct {
		K Kind
		F Fate
		C Clock
		W WindowState
		A AlarmState
		V Wire
	}
	x := all{Repeated, TooLate, LabelClock, Final, Firing, SingleObject}
	b, err := json.Marshal(x)
	if want := `{"K":"duplicate","F":"too_late","C":"label","W":"final","A":"firing","V":"single-object"}`; string(b) != want || err != nil {
		t.Fatalf("%s, %v", b, err)
	}
	var y all
	if err := json.Unmarshal(b, &y); err != nil || x != y {
		t.Errorf("%+v, %v", y, err)
	}
	for _, bad := range []string{`{"K":"Matched"}`, `{"F":""}`, `{"C":"record"}`, `{"W":"x"}`, `{"A":"x"}`, `{"V":"json"}`} {
		if err := json.Unmarshal([]byte(bad), &y); err == nil {
			t.Errorf("%s accepted", bad)
		}
	}
}
