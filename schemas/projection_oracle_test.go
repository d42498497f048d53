package schemas

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// oracle works out from goavro's native values what a Projection must give.
type oracle struct{ row *Row }

var (
	errWrongType = errors.New("the branch that occurs does not become the type wanted")
	errRange     = errors.New("the value is out of range")
)

// project evaluates one field and stores it.
func (o oracle) project(s *schema, native any, path []string, f *Field) error {
	if s.kind == typeUnion {
		branch, value := branchOf(s, native)
		return o.project(branch, value, path, f)
	}
	if s.kind == typeNull {
		return nil
	}
	if len(path) > 0 {
		if s.kind != typeRecord {
			return errWrongType
		}
		i := s.find(path[0])
		if i >= 0 {
			return o.project(s.fields[i].typ, native.(map[string]any)[s.fields[i].name], path[1:], f)
		}
		if f.Default != nil {
			o.row.set(f.Type, f.Slot, storedValue{*f.Default, []byte(f.Default.Text)})
		} else if !f.Optional {
			return errWrongType
		}
		return nil
	}
	if !accepts(s, f.Type) {
		return errWrongType
	}
	switch f.Type {
	case Number:
		o.row.Numbers[f.Slot] = numberOf(s, native)
	case Text:
		o.row.Texts[f.Slot] = textOf(s, native)
	case Time:
		i, err := timeOf(s, native)
		o.row.Times[f.Slot] = i
		return err
	}
	return nil
}

// branchOf finds the branch that goavro's union value names.
func branchOf(s *schema, native any) (*schema, any) {
	if native == nil {
		return &schema{kind: typeNull}, nil
	}
	for name, value := range native.(map[string]any) {
		for _, b := range s.union {
			known := b.name
			if known == "" {
				known = b.kind.String()
			}
			if name == known || name == b.kind.String()+"."+b.logical {
				return b, value
			}
		}
	}
	panic(fmt.Sprintf("no branch for %v", native))
}

// accepts is the table of what becomes what.
func accepts(s *schema, t FieldType) bool {
	switch t {
	case Number:
		return strings.Contains("boolean int long float double", s.kind.String()) || s.logical == "decimal"
	case Text:
		return !strings.Contains("record array map", s.kind.String())
	}
	return s.kind == typeString && s.logical == "" || s.kind == typeLong && s.logical != "time-micros" || s.logical == "date"
}

// longOf undoes what goavro makes of logical types.
func longOf(s *schema, native any) int64 {
	switch v := native.(type) {
	case int32:
		return int64(v)
	case int64:
		return v
	case time.Duration:
		if s.logical == "time-millis" {
			return v.Milliseconds()
		}
		return v.Microseconds()
	case time.Time:
		switch s.logical {
		case "timestamp-millis":
			return v.UnixMilli()
		case "timestamp-micros":
			return v.UnixMicro()
		}
		return v.Unix() / 86400
	}
	panic(fmt.Sprintf("%T", native))
}

func numberOf(s *schema, native any) float64 {
	switch v := native.(type) {
	case bool:
		if v {
			return 1
		}
		return 0
	case float32:
		return float64(v)
	case float64:
		return v
	case *big.Rat:
		f, _ := v.Float64()
		return f
	}
	return float64(longOf(s, native))
}

func textOf(s *schema, native any) []byte {
	switch v := native.(type) {
	case string:
		return []byte(v)
	case []byte:
		if s.logical == "uuid" {
			return fmt.Appendf(nil, "%x-%x-%x-%x-%x", v[:4], v[4:6], v[6:8], v[8:10], v[10:])
		}
		return v
	case bool:
		return []byte(Canonical(fmt.Sprint(v)))
	case float32:
		if v != v {
			return nil
		}
		return []byte(Canonical(strconv.FormatFloat(float64(v), 'f', -1, 32)))
	case float64:
		if v != v {
			return nil
		}
		return []byte(Canonical(strconv.FormatFloat(v, 'f', -1, 64)))
	case *big.Rat:
		return []byte(Canonical(v.FloatString(s.scale)))
	}
	return []byte(Canonical(fmt.Sprint(longOf(s, native))))
}

func timeOf(s *schema, native any) (Instant, error) {
	if text, ok := native.(string); ok {
		if text == "" {
			return Beginning, nil
		}
		i, err := ParseInstant(text)
		if err != nil {
			return 0, errRange
		}
		return i, nil
	}
	unit := map[string]int64{"date": 86_400e6, "": 1000, "timestamp-millis": 1000, "local-timestamp-millis": 1000}[s.logical]
	v := longOf(s, native)
	if strings.HasSuffix(s.logical, "nanos") {
		return Instant(new(big.Int).Div(big.NewInt(v), big.NewInt(1000)).Int64()), nil // Euclidean: rounds down
	}
	if unit == 0 {
		unit = 1
	}
	micros := new(big.Int).Mul(big.NewInt(v), big.NewInt(unit))
	if !micros.IsInt64() || Instant(micros.Int64()) == Beginning || Instant(micros.Int64()) == Forever {
		return 0, errRange
	}
	return Instant(micros.Int64()), nil
}

// randomPath walks into s, and sometimes off it.
func randomPath(rng *rand.Rand, s *schema) []string {
	if s.kind == typeUnion {
		s = s.union[rng.IntN(len(s.union))]
	}
	if s.kind != typeRecord || len(s.fields) == 0 {
		return nil
	}
	if rng.IntN(12) == 0 {
		return []string{"nope"}
	}
	f := s.fields[rng.IntN(len(s.fields))]
	return append([]string{f.name}, randomPath(rng, f.typ)...)
}

// randomFields picks fields that compile, and holds Compile against possible.
func randomFields(t *testing.T, rng *rand.Rand, text string, s *schema) (fields []Field) {
	for range rng.IntN(8) {
		f := Field{Path: strings.Join(randomPath(rng, s), "."), Type: FieldType(rng.IntN(3))}
		if f.Path == "" {
			continue
		}
		f.Slot = slotsOf(fields)[f.Type]
		switch rng.IntN(3) {
		case 0:
			f.Optional = true
		case 1:
			f.Default = &Value{Number: 7, Text: "seven", Time: 7}
		}
		_, err := Compile(text, []Field{{Path: f.Path, Type: f.Type, Optional: f.Optional, Default: f.Default}})
		can, cannot := possible(s, strings.Split(f.Path, "."), &f)
		if want := can || !cannot; (err == nil) != want {
			t.Fatalf("%s\nfield %+v: want it to compile: %v, got %v", text, f, want, err)
		}
		if err == nil {
			fields = append(fields, f)
		}
	}
	return fields
}

// possible says whether some branch gives f, and whether some does not.
func possible(s *schema, path []string, f *Field) (can, cannot bool) {
	switch {
	case s.kind == typeUnion:
		for _, b := range s.union {
			a, n := possible(b, path, f)
			can, cannot = can || a, cannot || n
		}
		return can, cannot
	case s.kind == typeNull:
		return false, false
	case len(path) == 0:
		return accepts(s, f.Type), !accepts(s, f.Type)
	case s.kind != typeRecord:
		return false, true
	}
	if i := s.find(path[0]); i >= 0 {
		return possible(s.fields[i].typ, path[1:], f)
	}
	known := f.Optional || f.Default != nil
	return known, !known
}

// sameRow compares; missing texts differ from empty ones.
func sameRow(a, b *Row) string {
	bits := cmp.Transformer("bits", func(f float64) any {
		if math.IsNaN(f) {
			return "NaN"
		}
		return math.Float64bits(f)
	})
	return cmp.Diff(a.Numbers, b.Numbers, bits) + cmp.Diff(a.Texts, b.Texts) + cmp.Diff(a.Times, b.Times)
}
