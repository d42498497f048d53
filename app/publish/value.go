package publish

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"time"

	"hindsight/schemas"
)

// fromValue converts a value of JSON, or one that goavro decoded, to goavro's
// native form of n. Unions may be written plainly or as Avro's {"type": value}.
func fromValue(n *node, v any) (any, error) {
	switch n.kind {
	case kindUnion:
		return unionFromValue(n, v)
	case kindRecord:
		return recordFromValue(n, v)
	case kindArray:
		list, ok := v.([]any)
		if !ok {
			return nil, mismatch(n, v)
		}
		out := make([]any, len(list))
		for i := range list {
			var err error
			if out[i], err = fromValue(n.items, list[i]); err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
		}
		return out, nil
	case kindMap:
		entries, ok := v.(map[string]any)
		if !ok {
			return nil, mismatch(n, v)
		}
		out := make(map[string]any, len(entries))
		for _, k := range sortedKeys(entries) {
			var err error
			if out[k], err = fromValue(n.items, entries[k]); err != nil {
				return nil, fmt.Errorf("%q: %w", k, err)
			}
		}
		return out, nil
	}
	return scalarFromValue(n, v)
}

func scalarFromValue(n *node, v any) (any, error) {
	switch v := v.(type) {
	case nil:
		if n.kind == kindNull {
			return nil, nil
		}
	case string:
		return fromString(n, v)
	case json.Number:
		if n.kind == kindBytes || n.kind == kindFixed || n.kind == kindEnum {
			return bytesNumber(n, v)
		}
		return fromText(n, string(v))
	case bool:
		if n.kind == kindBoolean {
			return v, nil
		}
	case int32:
		return fromInteger(n, int64(v))
	case int64:
		return fromInteger(n, v)
	case float32:
		return fromFloat(n, float64(v))
	case float64:
		return fromFloat(n, v)
	case []byte:
		if (n.kind == kindBytes || n.kind == kindFixed) && n.logical == "" {
			return bytesOf(n, slices.Clone(v)) // goavro's bytes alias its buffer
		}
	case time.Time:
		if n.logical != "" && n.logical != decimal {
			return integerOf(n, temporalOf(n.logical, v))
		}
		if n.kind == kindString {
			return v.UTC().Format(time.RFC3339Nano), nil
		}
	case time.Duration:
		if n.logical == timeMillis || n.logical == timeMicros {
			return integerOf(n, temporalOf(n.logical, time.Unix(0, 0).Add(v)))
		}
	case *big.Rat:
		if n.logical == decimal {
			return decimalOf(n, v)
		}
	case map[string]any: // {"type": value}, where the schema has no union
		if inner, ok := soleValue(v); ok {
			return fromValue(n, inner)
		}
	}
	return nil, mismatch(n, v)
}

// bytesNumber reads a decimal that JSON has as a number.
func bytesNumber(n *node, v json.Number) (any, error) {
	if n.logical == decimal {
		return decimalFromText(n, string(v))
	}
	return nil, mismatch(n, v)
}

// fromString follows Avro's JSON encoding for bytes: one character a byte.
func fromString(n *node, s string) (any, error) {
	if (n.kind != kindBytes && n.kind != kindFixed) || n.logical == decimal {
		if s == "" && n.kind != kindString {
			return nil, fmt.Errorf("an empty string is not of type %s", n)
		}
		return fromText(n, s)
	}
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > math.MaxUint8 {
			return nil, fmt.Errorf("%q is not %s: its characters stand for bytes", s, n)
		}
		b = append(b, byte(r))
	}
	return bytesOf(n, b)
}

func fromInteger(n *node, i int64) (any, error) {
	switch n.kind {
	case kindInt, kindLong:
		return integerOf(n, i)
	case kindFloat, kindDouble:
		return floatOf(n, float64(i)), nil
	case kindString:
		return strconv.FormatInt(i, 10), nil
	}
	return nil, mismatch(n, i)
}

func fromFloat(n *node, f float64) (any, error) {
	switch n.kind {
	case kindFloat, kindDouble:
		return floatOf(n, f), nil
	case kindInt, kindLong:
		if f == math.Trunc(f) && math.Abs(f) <= 1<<53 {
			return integerOf(n, int64(f))
		}
	}
	return nil, mismatch(n, f)
}

func recordFromValue(n *node, v any) (any, error) {
	in, ok := v.(map[string]any)
	if !ok {
		return nil, mismatch(n, v)
	}
	if inner, ok := in[n.name]; ok && len(in) == 1 && n.field(n.name) == nil {
		return fromValue(n, inner)
	}
	out := make(map[string]any, len(n.fields))
	for i := range n.fields {
		f := &n.fields[i]
		fv, given := in[f.name]
		for _, alias := range f.aliases {
			if !given {
				fv, given = in[alias]
			}
		}
		if err := f.put(out, fv, given); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// put converts v into record out; given tells null from a field that is not there.
func (f *field) put(out map[string]any, v any, given bool) error {
	if v == nil {
		return f.putMissing(out, given)
	}
	converted, err := fromValue(f.typ, v)
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	out[f.name] = converted
	return nil
}

// putMissing settles a field without a value. One that is given as null, or as
// an empty cell, is null where it may be; one that is not there takes the
// schema's default, which goavro fills in.
func (f *field) putMissing(out map[string]any, given bool) error {
	null := f.typ.nullable()
	switch {
	case null && (given || !f.hasDefault):
		out[f.name] = nil
	case f.hasDefault:
		delete(out, f.name)
	default:
		return fmt.Errorf("%s: is missing, and %s has neither null nor a default", f.name, f.typ)
	}
	return nil
}

func unionFromValue(n *node, v any) (any, error) {
	if v == nil {
		if n.nullable() {
			return nil, nil
		}
		return nil, mismatch(n, v)
	}
	if entries, ok := v.(map[string]any); ok && len(entries) == 1 {
		for _, b := range n.branches {
			if inner, ok := entries[b.name]; ok {
				converted, err := fromValue(b, inner)
				return wrap(converted, n, b), err
			}
		}
	}
	var first error
	for _, b := range n.branches {
		if b.kind == kindNull {
			continue
		}
		converted, err := fromValue(b, v)
		if err == nil {
			return wrap(converted, n, b), nil
		}
		if first == nil {
			first = err
		}
	}
	if first != nil && n.only() != nil {
		return nil, first
	}
	return nil, mismatch(n, v)
}

// soleValue takes {"long": 5} apart, which is how Avro's JSON and goavro write
// a branch of a union.
func soleValue(m map[string]any) (any, bool) {
	if len(m) != 1 {
		return nil, false
	}
	for k, v := range m {
		for _, logical := range []string{"", millis, micros, date, timeMillis, timeMicros, decimal} {
			base, ok := k, logical == ""
			if !ok {
				base, ok = cutLogical(k, logical)
			}
			if _, primitive := primitiveKind(base); ok && primitive {
				return v, true
			}
		}
	}
	return nil, false
}

func cutLogical(name, logical string) (string, bool) {
	i := len(name) - len(logical) - 1
	if i < 0 || name[i:] != "."+logical {
		return "", false
	}
	return name[:i], true
}

func mismatch(n *node, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		text = fmt.Append(nil, v)
	}
	const most = 80
	if len(text) > most {
		text = append(text[:most:most], "…"...)
	}
	return fmt.Errorf("%s is not %s", text, n)
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// instantOf reads a converted value as a time: timestamps and dates, a plain
// long as milliseconds as Kafka has them, a string as ParseTime does.
func instantOf(n *node, v any) (schemas.Instant, error) {
	const perDay = int64(24 * time.Hour / time.Microsecond)
	switch v := v.(type) {
	case int32:
		if n.logical == date {
			return schemas.Instant(int64(v) * perDay), nil
		}
	case int64:
		if n.logical == micros {
			return schemas.Instant(v), nil
		}
		if n.logical != timeMicros && v > math.MinInt64/1000 && v < math.MaxInt64/1000 {
			return schemas.InstantOfMillis(v), nil
		}
	case string:
		t, err := ParseTime(v)
		if err != nil {
			return 0, err
		}
		return schemas.InstantOf(t), nil
	}
	return 0, fmt.Errorf("%v of type %s is not a time", v, n)
}
