package publish

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"hindsight/schemas"
)

// fromText converts one cell to goavro's native form of n. The cell is not
// empty: what is empty is missing, which its caller settles.
func fromText(n *node, s string) (any, error) {
	switch n.kind {
	case kindNull:
		return nil, fmt.Errorf("%q is not null", s)
	case kindString:
		return s, nil
	case kindBytes, kindFixed:
		return bytesFromText(n, s)
	case kindEnum:
		if !slices.Contains(n.symbols, s) {
			return nil, fmt.Errorf("%q is none of %s of enum %s", s, strings.Join(n.symbols, ", "), n.name)
		}
		return s, nil
	case kindUnion:
		return unionFromText(n, s)
	case kindArray, kindMap, kindRecord:
		v, err := parseJSON([]byte(s))
		if err != nil {
			return nil, fmt.Errorf("%s has to be JSON: %w", n, err)
		}
		return fromValue(n, v)
	}
	s = strings.TrimSpace(s)
	switch n.kind {
	case kindBoolean:
		return booleanFromText(s)
	case kindInt, kindLong:
		return integerFromText(n, s)
	}
	v, err := strconv.ParseFloat(s, floatBits(n))
	if err != nil {
		return nil, fmt.Errorf("%q is not of type %s", s, n)
	}
	return floatOf(n, v), nil
}

func floatBits(n *node) int {
	if n.kind == kindFloat {
		return 32
	}
	return 64
}

func floatOf(n *node, v float64) any {
	if n.kind == kindFloat {
		return float32(v)
	}
	return v
}

// booleanFromText also reads 1.0 and 0.0, which is how pandas writes a column
// of booleans that had gaps.
func booleanFromText(s string) (any, error) {
	if b, err := strconv.ParseBool(s); err == nil {
		return b, nil
	}
	switch f, err := strconv.ParseFloat(s, 64); {
	case err == nil && f == 1:
		return true, nil
	case err == nil && f == 0:
		return false, nil
	}
	return nil, fmt.Errorf("%q is not of type boolean", s)
}

func integerFromText(n *node, s string) (any, error) {
	i, err := strconv.ParseInt(s, 10, 64)
	if err != nil && n.logical != "" {
		if i, err = temporalFromText(n.logical, s); err != nil {
			return nil, err
		}
		return integerOf(n, i)
	}
	if err != nil {
		f, ferr := strconv.ParseFloat(s, 64)
		if ferr != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			return nil, fmt.Errorf("%q is not of type %s", s, n)
		}
		i = int64(f)
	}
	return integerOf(n, i)
}

func integerOf(n *node, i int64) (any, error) {
	if n.kind == kindLong {
		return i, nil
	}
	if i < math.MinInt32 || i > math.MaxInt32 {
		return nil, fmt.Errorf("%d does not fit an %s", i, n)
	}
	return int32(i), nil
}

// ParseTime reads RFC 3339, or YYYY-MM-DD HH:MM:SS[.fff] in UTC.
func ParseTime(s string) (time.Time, error) {
	layout := time.DateTime
	if strings.ContainsAny(s, "Tt") {
		layout = time.RFC3339
	}
	t, err := time.Parse(layout, s)
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, fmt.Errorf("%q is not a time; want RFC 3339 or YYYY-MM-DD HH:MM:SS[.fff]", s)
	}
	return t.UTC(), nil
}

// temporalFromText returns a time in the unit of its logical type, rounded down.
func temporalFromText(logical, s string) (int64, error) {
	switch logical {
	case timeMillis, timeMicros:
		t, err := time.Parse(time.TimeOnly, s)
		if err != nil {
			return 0, fmt.Errorf("%q is not a time of day; want HH:MM:SS[.fff]", s)
		}
		return temporalOf(logical, time.Date(1970, 1, 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)), nil
	case date:
		if t, err := time.Parse(time.DateOnly, s); err == nil {
			return temporalOf(logical, t), nil
		}
	}
	t, err := ParseTime(s)
	if err != nil {
		return 0, err
	}
	return temporalOf(logical, t), nil
}

// temporalOf returns t in the unit of a logical type, rounded down.
func temporalOf(logical string, t time.Time) int64 {
	switch logical {
	case date:
		return int64(schemas.InstantOf(t).Floor(24*time.Hour)) / (24 * time.Hour).Microseconds()
	case millis, timeMillis:
		return t.UnixMilli()
	}
	return t.UnixMicro()
}

func bytesFromText(n *node, s string) (any, error) {
	if n.logical == decimal {
		return decimalFromText(n, strings.TrimSpace(s))
	}
	return bytesOf(n, []byte(s))
}

func bytesOf(n *node, b []byte) (any, error) {
	if n.kind == kindFixed && len(b) != n.size {
		return nil, fmt.Errorf("%d bytes do not fit %s, which has %d", len(b), n.name, n.size)
	}
	return b, nil
}

func decimalFromText(n *node, s string) (any, error) {
	const longest = 100 // bounds the work on hostile input
	r, ok := new(big.Rat), len(s) <= longest && strings.Trim(s, "+-.0123456789") == ""
	if ok {
		r, ok = r.SetString(s)
	}
	if !ok {
		return nil, fmt.Errorf("%q is not a decimal", s)
	}
	return decimalOf(n, r)
}

func decimalOf(n *node, r *big.Rat) (any, error) {
	unit := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n.scale)), nil))
	if !unit.Mul(unit, r).IsInt() {
		return nil, fmt.Errorf("%s has more than the %d decimals of the schema", r.RatString(), n.scale)
	}
	return r, nil
}

// unionFromText takes the first branch, in the schema's order, that s is a value of.
func unionFromText(n *node, s string) (any, error) {
	var first error
	for _, b := range n.branches {
		if b.kind == kindNull {
			continue
		}
		v, err := fromText(b, s)
		if err == nil {
			return wrap(v, n, b), nil
		}
		if first == nil {
			first = err
		}
	}
	if first != nil && n.only() != nil {
		return nil, first
	}
	return nil, fmt.Errorf("%q is not %s", s, n)
}

// parseJSON reads exactly one JSON value, numbers as they are written.
func parseJSON(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("there is more after the first value")
	}
	return v, nil
}
