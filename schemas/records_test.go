package schemas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"time"

	"github.com/linkedin/goavro/v2"
)

// ownRecord is what all our records have.
type ownRecord interface {
	AppendAvro(dst []byte) []byte
	DecodeAvro(b []byte) error
}

func newRecord(k RecordKind) ownRecord {
	return map[RecordKind]func() ownRecord{
		ScoreRecord:      func() ownRecord { return new(Score) },
		LabelRecord:      func() ownRecord { return new(Label) },
		OutcomeRecord:    func() ownRecord { return new(Outcome) },
		SliceRecord:      func() ownRecord { return new(Slice) },
		WindowRecord:     func() ownRecord { return new(Window) },
		AlarmRecord:      func() ownRecord { return new(Alarm) },
		WatchStateRecord: func() ownRecord { return new(WatchState) },
		ModelStateRecord: func() ownRecord { return new(ModelState) },
	}[k]()
}

// randomRecord fills a record of that kind. Slices get up to most items.
func randomRecord(rng *rand.Rand, k RecordKind, most int) ownRecord {
	x := newRecord(k)
	fill(rng, reflect.ValueOf(x).Elem(), most)
	return x
}

func fill(rng *rand.Rand, v reflect.Value, most int) {
	switch v.Interface().(type) {
	case Kind:
		v.SetUint(rng.Uint64N(uint64(len(kindNames))))
		return
	case Fate:
		v.SetUint(rng.Uint64N(uint64(len(fateNames))))
		return
	case Extra: // of an outcome, which must be a weight
		v.SetInt(rng.Int64N((MaxWeight-1)*WeightScale) * int64(rng.IntN(2)))
		return
	case Clock:
		v.SetUint(rng.Uint64N(uint64(len(clockNames))))
		return
	case WindowState:
		v.SetUint(rng.Uint64N(uint64(len(windowStateNames))))
		return
	case AlarmState:
		v.SetUint(rng.Uint64N(uint64(len(alarmStateNames))))
		return
	case Instant:
		v.SetInt([]int64{int64(Beginning), int64(Forever), 0, randomLong(rng)}[rng.IntN(4)])
		return
	case time.Duration:
		v.SetInt(rng.Int64N(1e12) * int64(time.Microsecond))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(rng, v.Field(i), most)
		}
	case reflect.Slice:
		n := rng.IntN(most + 1)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(rng, v.Index(i), most)
			if s, ok := v.Index(i).Addr().Interface().(*Segment); ok {
				s.Field = fmt.Sprint(i, s.Field) // fields of segments differ
			}
		}
	case reflect.Pointer:
		if rng.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(rng, v.Elem(), most)
		}
	case reflect.String:
		v.SetString(randomText(rng))
	case reflect.Float64:
		v.SetFloat(randomDouble(rng))
	case reflect.Int32, reflect.Int64:
		v.SetInt(randomLong(rng) >> (64 - v.Type().Bits()))
	case reflect.Uint8, reflect.Uint16:
		v.SetUint(rng.Uint64() >> (64 - v.Type().Bits()))
	case reflect.Bool:
		v.SetBool(rng.IntN(2) == 0)
	default:
		panic(v.Type().String())
	}
}

func randomLong(rng *rand.Rand) int64 { return int64(rng.Uint64()) >> rng.IntN(64) }

func randomDouble(rng *rand.Rand) float64 {
	return []float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), rng.NormFloat64(), math.Float64frombits(rng.Uint64())}[rng.IntN(6)]
}

func randomText(rng *rand.Rand) string {
	letters := []rune("aZ0_. é世🜁")
	var b strings.Builder
	for range rng.IntN(9) * rng.IntN(9) {
		b.WriteRune(letters[rng.IntN(len(letters))])
	}
	return b.String()
}

// nativeOf turns a record into what goavro encodes, guided by the schema's names.
func nativeOf(s *schema, v reflect.Value) any {
	switch s.kind {
	case typeRecord:
		m := map[string]any{}
		for _, f := range s.fields {
			if f.name == "features" {
				m[f.name] = nil
				continue
			}
			switch x := v.Interface().(type) {
			case Slice:
				if f.name == "pair_weights" || f.name == "bin_weights" {
					m[f.name] = nativeWeights(f.typ.items, x.Cells, f.name == "bin_weights")
					continue
				}
			case Outcome:
				if f.name == "weight" {
					if m[f.name] = nil; x.Extra != 0 {
						m[f.name] = goavro.Union("double", x.Extra.Weight())
					}
					continue
				}
			}
			m[f.name] = nativeOf(f.typ, fieldNamed(v, f.name))
		}
		return m
	case typeArray:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = nativeOf(s.items, v.Index(i))
		}
		return list
	case typeMap:
		m := map[string]any{}
		for _, seg := range v.Interface().([]Segment) {
			m[seg.Field] = seg.Value
		}
		return m
	case typeUnion:
		if i, ok := v.Interface().(Instant); ok {
			if i == Beginning {
				return nil
			}
			return goavro.Union("long.timestamp-micros", int64(i))
		}
		if v.IsNil() {
			return nil
		}
		return goavro.Union("double", v.Elem().Float())
	case typeEnum:
		return v.Interface().(fmt.Stringer).String()
	case typeLong:
		if d, ok := v.Interface().(time.Duration); ok {
			return d.Microseconds()
		}
		return v.Int()
	case typeInt:
		if v.CanUint() {
			return int32(v.Uint())
		}
		return int32(v.Int())
	}
	return v.Interface()
}

// nativeWeights lists what weights add to the cells, each with its place.
func nativeWeights(s *schema, cells []Cell, bins bool) (list []any) {
	add := func(cell int, x any) {
		place := &schema{kind: typeRecord, fields: s.fields[1:]}
		m := nativeOf(place, reflect.ValueOf(x)).(map[string]any)
		m["cell"] = int32(cell)
		list = append(list, m)
	}
	for i := range cells {
		for _, p := range cells[i].PairWeights {
			if !bins {
				add(i, p)
			}
		}
		for _, b := range cells[i].BinWeights {
			if bins {
				add(i, b)
			}
		}
	}
	return list
}

// fieldNamed finds loss_sum as LossSum and event_id as EventID.
func fieldNamed(v reflect.Value, name string) reflect.Value {
	f := v.FieldByNameFunc(func(s string) bool { return strings.EqualFold(s, strings.ReplaceAll(name, "_", "")) })
	if !f.IsValid() {
		panic("no Go field for " + name)
	}
	return f
}
