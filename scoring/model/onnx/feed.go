//go:build onnx

package onnx

import (
	"errors"
	"math"

	ort "github.com/yalue/onnxruntime_go"
)

// feed is an input of one row in the memory that onnxruntime reads.
type feed interface {
	// fill takes its columns from x; false where the input cannot hold them.
	fill(x []float64) bool
	value() ort.Value
	destroy() error
}

type feeds []feed

// newFeeds returns a feed for each input, with zeros. Where there is an error,
// those before it still have to be destroyed.
func (s *session) newFeeds() (list feeds, err error) {
	for i := range s.model.inputs {
		in := &s.model.inputs[i]
		var f feed
		switch in.element {
		case float32Element:
			f, err = newNumbers(in, func(v float64) (float32, bool) { return float32(v), true })
		case float64Element:
			f, err = newNumbers(in, func(v float64) (float64, bool) { return v, true })
		case int32Element:
			f, err = newNumbers(in, func(v float64) (int32, bool) {
				return int32(v), v == math.Trunc(v) && v >= math.MinInt32 && v <= math.MaxInt32
			})
		case int64Element:
			f, err = newNumbers(in, func(v float64) (int64, bool) {
				return int64(v), v == math.Trunc(v) && math.Abs(v) <= 1<<53 // beyond, v itself is not exact
			})
		case boolElement:
			f, err = newNumbers(in, func(v float64) (bool, bool) { return v == 1, v == 0 || v == 1 })
		case textElement:
			f, err = newText(in)
		}
		if err != nil {
			return list, err
		}
		list = append(list, f)
	}
	return list, nil
}

func (list feeds) values() []ort.Value {
	values := make([]ort.Value, len(list))
	for i, f := range list {
		values[i] = f.value()
	}
	return values
}

func (list feeds) destroy() error {
	var errs []error
	for _, f := range list {
		errs = append(errs, f.destroy())
	}
	return errors.Join(errs...)
}

// rowShape is the shape of one row.
func (v *value) rowShape() ort.Shape {
	if len(v.shape) == 1 {
		return ort.NewShape(1)
	}
	return ort.NewShape(1, int64(v.width()))
}

// numbers are columns of one type. Data is what the tensor points to: it must
// be kept as long as the tensor is.
type numbers[T ort.TensorData] struct {
	at      int
	data    []T
	tensor  *ort.Tensor[T]
	convert func(float64) (T, bool)
}

func newNumbers[T ort.TensorData](in *input, convert func(float64) (T, bool)) (*numbers[T], error) {
	n := &numbers[T]{at: in.at, data: make([]T, in.width()), convert: convert}
	var err error
	n.tensor, err = ort.NewTensor(in.rowShape(), n.data)
	return n, err
}

func (n *numbers[T]) fill(x []float64) bool {
	fits := true
	for i, v := range x[n.at : n.at+len(n.data)] {
		var ok bool
		n.data[i], ok = n.convert(v)
		fits = fits && ok
	}
	return fits
}

func (n *numbers[T]) value() ort.Value { return n.tensor }
func (n *numbers[T]) destroy() error   { return n.tensor.Destroy() }

// text is one column of texts. Each has a tensor of its own, made when it
// first comes: setting one anew would copy it for every row.
type text struct {
	in      *input
	tensors []*ort.StringTensor // by level, last that of all others
	current int
}

func newText(in *input) (*text, error) {
	t := &text{in: in, tensors: make([]*ort.StringTensor, len(in.levels)+1)}
	_, err := t.tensor()
	return t, err
}

// tensor returns the one of the current level.
func (t *text) tensor() (*ort.StringTensor, error) {
	if made := t.tensors[t.current]; made != nil {
		return made, nil
	}
	made, err := ort.NewStringTensor(t.in.rowShape())
	if err != nil {
		return nil, err
	}
	content := "" // of the texts that are no level; it is none itself
	if t.current < len(t.in.levels) {
		content = t.in.levels[t.current]
	}
	t.tensors[t.current] = made
	return made, made.SetContents([]string{content})
}

func (t *text) fill(x []float64) bool {
	t.current = len(t.in.levels)
	if v := x[t.in.at]; v >= 0 && v < float64(len(t.in.levels)) && v == math.Trunc(v) {
		t.current = int(v)
	}
	_, err := t.tensor()
	return err == nil
}

func (t *text) value() ort.Value { return t.tensors[t.current] }

func (t *text) destroy() error {
	var errs []error
	for _, tensor := range t.tensors {
		if tensor != nil {
			errs = append(errs, tensor.Destroy())
		}
	}
	return errors.Join(errs...)
}
