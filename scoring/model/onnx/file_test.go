package onnx

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"hindsight/scoring/model/parity"
)

// golden reads a model of testdata.
func golden(t testing.TB, name string) []byte {
	t.Helper()
	data, err := parity.Unzipped("testdata/" + name + ".onnx.gz")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The parts of files made by hand: fields of messages, in any order.

func bytesField[T string | []byte](n protowire.Number, content T) []byte {
	return appendMessage(nil, n, []byte(content))
}

func numberField(n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), v)
}

// tensorOf is a ValueInfoProto; a dimension of 0 is dynamic.
func tensorOf(name string, element uint64, dims ...uint64) []byte {
	var shape []byte
	for _, n := range dims {
		dim := bytesField(2, "N")
		if n > 0 {
			dim = numberField(1, n)
		}
		shape = append(shape, bytesField(1, dim)...)
	}
	tensor := slices.Concat(numberField(1, element), bytesField(2, shape))
	return slices.Concat(bytesField(1, name), bytesField(2, bytesField(1, tensor)))
}

// sequenceOf is a ValueInfoProto of maps.
func sequenceOf(name string) []byte {
	return slices.Concat(bytesField(1, name), bytesField(2, bytesField(4, "")))
}

// nodeOf is a field of a graph: the operator, what it reads and makes, and attributes.
func nodeOf(domain, op, in, out string, attributes ...[]byte) []byte {
	n := slices.Concat(bytesField(1, in), bytesField(2, out), bytesField(4, op), bytesField(7, domain))
	for _, a := range attributes {
		n = append(n, bytesField(5, a)...)
	}
	return bytesField(graphNode, n)
}

// textsOf is an attribute that lists texts.
func textsOf(name string, texts ...string) []byte {
	a := slices.Concat(bytesField(1, name), numberField(20, 8)) // AttributeProto.STRINGS
	for _, text := range texts {
		a = append(a, bytesField(attributeStrings, text)...)
	}
	return a
}

func reads(v []byte) []byte   { return bytesField(11, v) }
func answers(v []byte) []byte { return bytesField(graphOutput, v) }

// fileOf is a ModelProto around the fields of its graph.
func fileOf(graph ...[]byte) []byte {
	opset := bytesField(8, numberField(2, 18))
	ml := bytesField(8, slices.Concat(bytesField(1, mlDomain), numberField(2, 3)))
	return slices.Concat(numberField(1, 8), bytesField(2, "by hand"), opset, ml, bytesField(7, slices.Concat(graph...)))
}

// small is Sigmoid of one number.
func small() []byte {
	return fileOf(nodeOf("", "Sigmoid", "x", "y"), reads(tensorOf("x", float32Element, 0, 1)), answers(tensorOf("y", float32Element, 0, 1)))
}
