package onnx

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// TestONNXRefuses: what cannot be scored exactly, or must not reach
// onnxruntime, is refused by name.
func TestONNXRefuses(t *testing.T) {
	x, y := reads(tensorOf("x", float32Element, 0, 1)), answers(tensorOf("y", float32Element, 0, 1))
	sigmoid := nodeOf("", "Sigmoid", "x", "y")
	outside := bytesField(8, "w") // TensorProto.name
	outside = append(outside, bytesField(13, slices.Concat(bytesField(1, "location"), bytesField(2, "../../etc/passwd")))...)
	moved := slices.Concat(bytesField(8, "w"), numberField(14, 1))
	graphIn := func(graph []byte) []byte { return slices.Concat(bytesField(1, "then_branch"), bytesField(6, graph)) }
	custom := nodeOf("com.evil", "RunShell", "x", "y")
	deep := sigmoid
	for range maxDepth + 1 {
		deep = nodeOf("", "If", "x", "y", graphIn(deep))
	}
	city := reads(tensorOf("city", textElement, 0, 1))
	encode := func(levels ...string) []byte {
		return nodeOf(mlDomain, "OneHotEncoder", "city", "y", textsOf("cats_strings", levels...))
	}
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":               {nil, "not an ONNX file: it has 0 graphs"},
		"text":                  {[]byte("tree\nversion=v4\n"), "not an ONNX file"},
		"cut off":               {small()[:len(small())-3], "not an ONNX file"},
		"two graphs":            {slices.Concat(small(), fileOf()), "it has 2 graphs, wants one"},
		"data in another file":  {fileOf(sigmoid, x, y, bytesField(5, outside)), "data in another file, which is never read; save the model in one file"},
		"the same, by location": {fileOf(sigmoid, x, y, bytesField(5, moved)), "data in another file"},
		"in a sparse tensor":    {fileOf(sigmoid, x, y, bytesField(15, bytesField(1, moved))), "data in another file"},
		"in an attribute":       {fileOf(nodeOf("", "Constant", "x", "y", bytesField(5, moved)), x, y), "Constant: a tensor has its data in another file"},
		"in an inner graph":     {fileOf(nodeOf("", "If", "x", "y", graphIn(bytesField(5, moved))), x, y), "If: a tensor has its data in another file"},
		"in a function":         {slices.Concat(small(), bytesField(25, slices.Concat(bytesField(10, "mine"), bytesField(7, slices.Concat(bytesField(4, "Constant"), bytesField(5, bytesField(5, moved))))))), "data in another file"},
		"custom operator":       {fileOf(custom, x, y), `the operator RunShell is of the domain "com.evil"`},
		"in an inner graph too": {fileOf(nodeOf("", "If", "x", "y", graphIn(custom)), x, y), `the operator RunShell is of the domain "com.evil"`},
		"operator made anew":    {slices.Concat(small(), bytesField(25, bytesField(1, "Sigmoid"))), `defines operators of the domain "" anew`},
		"deep graphs":           {fileOf(deep, x, y), "nested deeper than 16"},
		"many nodes":            {fileOf(bytes.Repeat(bytesField(graphNode, ""), maxNodes+1)), "has more than 131072 nodes"},
		"no inputs":             {fileOf(sigmoid, y), "has no inputs"},
		"initialiser as input":  {fileOf(sigmoid, x, y, bytesField(5, bytesField(8, "x"))), "has no inputs"},
		"a sequence":            {fileOf(sigmoid, reads(sequenceOf("x")), y), `input "x" is a sequence`},
		"no shape":              {fileOf(sigmoid, reads(slices.Concat(bytesField(1, "x"), bytesField(2, bytesField(1, numberField(1, 1))))), y), `input "x" declares no shape`},
		"rank":                  {fileOf(sigmoid, reads(tensorOf("x", float32Element, 0, 3, 8, 8)), y), `input "x" is float[?,3,8,8]; it has to be [rows] or [rows, columns]`},
		"fixed batch":           {fileOf(sigmoid, reads(tensorOf("x", float32Element, 32, 3)), y), `input "x" is float[32,3], 32 rows at once`},
		"dynamic columns":       {fileOf(sigmoid, reads(tensorOf("x", float32Element, 0, 0)), y), `input "x" is float[?,?], with a dynamic dimension that is not the batch`},
		"wide":                  {fileOf(sigmoid, reads(tensorOf("x", float32Element, 0, 1<<40)), y), "more than the 1048576 columns"},
		"many dimensions":       {fileOf(sigmoid, reads(tensorOf("x", float32Element, make([]uint64, 17)...)), y), "more than 16 dimensions"},
		"float16":               {fileOf(sigmoid, reads(tensorOf("x", 10, 0, 1)), y), `input "x" is float16[?,1]; supported are float, double`},
		"unknown type":          {fileOf(sigmoid, reads(tensorOf("x", 99, 0, 1)), y), "is type 99[?,1]"},
		"columns of text":       {fileOf(encode("a"), reads(tensorOf("city", textElement, 0, 2)), y), "has 2 columns of text"},
		"text to nowhere":       {fileOf(sigmoid, x, city, y), `input "city" is text that no OneHotEncoder and no LabelEncoder reads`},
		"text to a tokenizer":   {fileOf(nodeOf("", "StringNormalizer", "city", "y"), city, y), "goes into StringNormalizer; supported are OneHotEncoder and LabelEncoder"},
		"text to unlisted":      {fileOf(encode(), city, y), "goes into OneHotEncoder; supported"},
		"empty category":        {fileOf(encode("a", ""), city, y), "has the empty text among its categories"},
		"zero byte":             {fileOf(encode("a\x00b"), city, y), `has the category "a\x00b", with a zero byte`},
		"many categories":       {fileOf(encode(make([]string, maxNames+1)...), city, y), "has a list of more than 1048576"},
		"text beside If":        {fileOf(encode("a"), nodeOf("", "If", "z", "v", graphIn(sigmoid)), city, y), "is text beside If"},
		"labels only":           {fileOf(sigmoid, x, answers(tensorOf("label", int64Element, 0))), "has no output of numbers"},
		"two answers":           {fileOf(sigmoid, x, y, answers(tensorOf("std", float32Element, 0))), "has 2 outputs of numbers (y, std), wants exactly one"},
		"a map":                 {fileOf(sigmoid, x, answers(sequenceOf("y"))), `output "y" is a sequence that no ZipMap makes; ask for tensors`},
		"an image":              {fileOf(sigmoid, x, answers(tensorOf("y", float32Element, 0, 3, 8, 8))), `output "y" is float[?,3,8,8]`},
		"bfloat16":              {fileOf(sigmoid, x, answers(tensorOf("y", 16, 0, 1))), `output "y" is bfloat16[?,1]; supported are float and double`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(test.data)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// What looks odd and is sound: functions that a file defines, as PyTorch's
// exporter writes them, another word for the usual domain, a batch of one.
func TestONNXAdmits(t *testing.T) {
	x, y := reads(tensorOf("x", float32Element, 1, 1)), answers(tensorOf("y", float32Element, 1, 1))
	function := bytesField(25, slices.Concat(bytesField(1, "gelu"), bytesField(10, "pkg.torch"), nodeInFunction("Sigmoid")))
	for name, data := range map[string][]byte{
		"function":     slices.Concat(fileOf(nodeOf("pkg.torch", "gelu", "x", "y"), x, y), function),
		"ai.onnx":      fileOf(nodeOf("ai.onnx", "Sigmoid", "x", "y"), x, y),
		"unused opset": slices.Concat(fileOf(nodeOf("", "Sigmoid", "x", "y"), x, y), bytesField(8, slices.Concat(bytesField(1, "pkg.torch"), numberField(2, 1)))),
	} {
		if _, err := Parse(data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func nodeInFunction(op string) []byte {
	return bytesField(7, slices.Concat(bytesField(1, "x"), bytesField(2, "y"), bytesField(4, op)))
}
