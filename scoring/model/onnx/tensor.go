package onnx

import (
	"fmt"
	"strconv"
	"strings"
)

// Element types of tensors, as files number them.
const (
	float32Element = 1
	int32Element   = 6
	int64Element   = 7
	textElement    = 8
	boolElement    = 9
	float64Element = 11
)

func elementName(element uint64) string {
	names := []string{"undefined", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string",
		"bool", "float16", "double", "uint32", "uint64", "complex64", "complex128", "bfloat16"}
	if element < uint64(len(names)) {
		return names[element]
	}
	return "type " + strconv.FormatUint(element, 10)
}

// value is an input or an output of a graph.
type value struct {
	name    string
	kind    string // tensor, or what else it is
	element uint64
	shaped  bool    // a shape is declared
	shape   []int64 // 0 for a dimension that is not fixed
}

// String words v as float[?,30].
func (v value) String() string {
	if v.kind != "tensor" {
		return v.kind
	}
	if !v.shaped {
		return elementName(v.element) + "[…]"
	}
	dims := make([]string, len(v.shape))
	for i, n := range v.shape {
		dims[i] = "?"
		if n > 0 {
			dims[i] = strconv.FormatInt(n, 10)
		}
	}
	return elementName(v.element) + "[" + strings.Join(dims, ",") + "]"
}

// width returns how many numbers one row of v has; 0 where that is not declared.
func (v value) width() int {
	switch {
	case v.shaped && len(v.shape) == 1:
		return 1
	case v.shaped && len(v.shape) == 2 && v.shape[1] <= maxWidth:
		return int(v.shape[1])
	}
	return 0
}

// checkRows refuses what does not hold rows, of which there may be one.
func (v value) checkRows() error {
	switch {
	case !v.shaped:
		return fmt.Errorf("declares no shape; it has to be [rows] or [rows, columns]")
	case len(v.shape) != 1 && len(v.shape) != 2:
		return fmt.Errorf("is %v; it has to be [rows] or [rows, columns]", v)
	case v.shape[0] > 1:
		return fmt.Errorf("is %v, %d rows at once; export it with a dynamic batch", v, v.shape[0])
	case v.width() == 0 && v.shape[1] == 0:
		return fmt.Errorf("is %v, with a dynamic dimension that is not the batch", v)
	case v.width() == 0:
		return fmt.Errorf("is %v, more than the %d columns allowed", v, maxWidth)
	}
	return nil
}

// readValue reads a ValueInfoProto.
func readValue(message []byte) (value, error) {
	v := value{kind: "untyped"}
	err := eachField(message, func(f field) error {
		switch {
		case f.holds(1):
			v.name = string(f.bytes)
		case f.holds(2):
			return v.readType(f.bytes)
		}
		return nil
	})
	return v, err
}

func (v *value) readType(message []byte) error {
	kinds := map[int]string{1: "tensor", 4: "sequence", 5: "map", 7: "opaque", 8: "sparse tensor", 9: "optional"}
	return eachField(message, func(f field) error {
		if kind, ok := kinds[int(f.number)]; ok && f.holds(f.number) {
			v.kind = kind
		}
		if !f.holds(1) {
			return nil
		}
		return eachField(f.bytes, func(f field) error {
			switch {
			case f.counts(1):
				v.element = f.varint
			case f.holds(2):
				v.shaped = true
				return v.readShape(f.bytes)
			}
			return nil
		})
	})
}

func (v *value) readShape(message []byte) error {
	return eachField(message, func(f field) error {
		if !f.holds(1) {
			return nil
		}
		if len(v.shape) == maxRank {
			return fmt.Errorf("%q has more than %d dimensions", v.name, maxRank)
		}
		size := int64(0)
		err := eachField(f.bytes, func(f field) error {
			if f.counts(1) {
				size = max(0, int64(f.varint)) // some writers say -1
			}
			return nil
		})
		v.shape = append(v.shape, size)
		return err
	})
}
