package publish

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"time"

	"hindsight/schemas"
)

// Item is one record that is to be published.
type Item struct {
	At        schemas.Instant // the record's timestamp
	Topic     string
	Partition int32 // -1: by the key
	Key       []byte
	Value     []byte
}

// Layout says how rows become items.
type Layout struct {
	Topic string
	Key   Path
	Time  *Path  // nil: Now is called for every row
	Sort  bool   // put rows in the order of their times, else refuse those that go back
	Name  string // of the data, for messages
	Now   func() time.Time
}

// ErrBackwards is wrapped by the error for a row that lies before the one
// ahead of it.
var ErrBackwards = errors.New("goes back in time; --sort puts the rows in order")

// Items encodes the rows of a source. It ends at the first error, which it
// yields. With Sort it holds all rows in memory; rows of one time keep their order.
func Items(rows Source, enc *Encoder, layout Layout) iter.Seq2[Item, error] {
	if layout.Sort && layout.Time != nil {
		return sorted(inOrder(rows, enc, layout, false))
	}
	return inOrder(rows, enc, layout, true)
}

func inOrder(rows Source, enc *Encoder, layout Layout, refuse bool) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		var slab slab
		last := schemas.Beginning
		for {
			row, err := rows.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			var item Item
			if err == nil {
				if item, err = layout.item(row, enc, &slab); err != nil {
					err = fmt.Errorf("%s line %d: %w", layout.Name, row.Line, err)
				}
			}
			if err == nil && refuse && item.At < last {
				err = fmt.Errorf("%s line %d: %s is before %s of the row ahead: it %w", layout.Name, row.Line, item.At, last, ErrBackwards)
			}
			if err != nil {
				yield(Item{}, err)
				return
			}
			last = item.At
			if !yield(item, nil) {
				return
			}
		}
	}
}

func (l Layout) item(row Row, enc *Encoder, slab *slab) (Item, error) {
	item := Item{Topic: l.Topic, Partition: -1}
	if l.Time == nil {
		item.At = schemas.InstantOf(l.Now())
	} else {
		v, n, err := l.Time.lookup(row.Value, enc.schema.root)
		if err == nil {
			item.At, err = instantOf(n, v)
		}
		if err != nil {
			return Item{}, fmt.Errorf("%s, which is the record's time: %w", l.Time, err)
		}
	}
	v, _, err := l.Key.lookup(row.Value, enc.schema.root)
	if err != nil {
		return Item{}, fmt.Errorf("%s, which is the record's key: %w", l.Key, err)
	}
	if item.Key, err = slab.add(func(dst []byte) ([]byte, error) { return appendKey(dst, v) }); err != nil {
		return Item{}, fmt.Errorf("%s, which is the record's key: %w", l.Key, err)
	}
	item.Value, err = slab.add(func(dst []byte) ([]byte, error) { return enc.Append(dst, row.Value) })
	return item, err
}

// appendKey appends the text of a scalar.
func appendKey(dst []byte, v any) ([]byte, error) {
	n := len(dst)
	switch v := v.(type) {
	case string:
		dst = append(dst, v...)
	case []byte:
		dst = append(dst, v...)
	case int32:
		dst = strconv.AppendInt(dst, int64(v), 10)
	case int64:
		dst = strconv.AppendInt(dst, v, 10)
	case float32:
		dst = strconv.AppendFloat(dst, float64(v), 'g', -1, 32)
	case float64:
		dst = strconv.AppendFloat(dst, v, 'g', -1, 64)
	case bool:
		dst = strconv.AppendBool(dst, v)
	default:
		return dst, fmt.Errorf("%T cannot be a key", v)
	}
	if len(dst) == n {
		return dst, errors.New("is empty")
	}
	return dst, nil
}

// slab hands out byte slices cut from large blocks. They stay valid: a block
// is never used twice.
type slab struct{ block []byte }

func (s *slab) add(appendTo func([]byte) ([]byte, error)) ([]byte, error) {
	const size = 1 << 16
	if cap(s.block)-len(s.block) < size/16 {
		s.block = make([]byte, 0, size)
	}
	start := len(s.block)
	out, err := appendTo(s.block)
	if err != nil {
		return nil, err
	}
	s.block = out
	return out[start:len(out):len(out)], nil
}

func sorted(items iter.Seq2[Item, error]) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		var all []Item
		for item, err := range items {
			if err != nil {
				yield(Item{}, err)
				return
			}
			all = append(all, item)
		}
		slices.SortStableFunc(all, func(a, b Item) int {
			switch {
			case a.At < b.At:
				return -1
			case a.At > b.At:
				return 1
			}
			return 0
		})
		for _, item := range all {
			if !yield(item, nil) {
				return
			}
		}
	}
}
