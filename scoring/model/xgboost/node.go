package xgboost

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// node is a value of a document, JSON or UBJSON. Arrays of numbers stay as
// the bytes of the file until somebody asks for them: most are never read.
type node struct {
	kind    kind
	keys    []string // of an object, beside items
	items   []node   // of an object or a list
	text    string   // of a text or a number in decimals; of an array of JSON numbers
	packed  []byte   // of an array of binary numbers
	packing byte     // their UBJSON type
}

type kind uint8

const (
	null kind = iota
	boolean
	number
	text
	list
	numbers
	object
)

func (k kind) String() string {
	return [...]string{"null", "a boolean", "a number", "a text", "a list", "a list of numbers", "an object"}[k]
}

// Limits of a document, before anything is taken for it.
const (
	maxDepth  = 64
	maxKeys   = 1000    // of one object
	maxValues = 8 << 20 // of the whole, arrays of numbers being one
)

// budget is how many values a document may still have: as many as XGBoost
// would put into its bytes, so that memory stays a small multiple of the file.
type budget int

func newBudget(bytes int) budget { return budget(min(maxValues, 1000+bytes/8)) }

// item makes room for one more value in n.
func (b *budget) item(n *node) (*node, error) {
	if *b--; *b < 0 {
		return nil, fmt.Errorf("has more values than a model of its size")
	}
	n.items = append(n.items, node{})
	return &n.items[len(n.items)-1], nil
}

// member makes room for the member key of the object n.
func (b *budget) member(n *node, key string) (*node, error) {
	switch {
	case slices.Contains(n.keys, key):
		return nil, fmt.Errorf("%.40q is there twice", key)
	case len(n.keys) == maxKeys:
		return nil, fmt.Errorf("an object has more than %d members", maxKeys)
	}
	n.keys = append(n.keys, key)
	return b.item(n)
}

// find returns the member key of an object, nil where there is none.
func (n *node) find(key string) *node {
	if n == nil || n.kind != object {
		return nil
	}
	for i, k := range n.keys {
		if k == key {
			return &n.items[i]
		}
	}
	return nil
}

// get returns the member at a path like "learner.objective.name".
func (n *node) get(path string) (*node, error) {
	at := n
	for key := range strings.SplitSeq(path, ".") {
		if at = at.find(key); at == nil {
			return nil, fmt.Errorf("%s is missing", path)
		}
	}
	return at, nil
}

// word returns the text at path.
func (n *node) word(path string) (string, error) {
	m, err := n.get(path)
	if err != nil {
		return "", err
	}
	if m.kind != text {
		return "", fmt.Errorf("%s is %v, not a text", path, m.kind)
	}
	return m.text, nil
}

// count returns the whole number within [low, high] that the text at path
// says; absent where there is none.
func (n *node) count(path string, low, high, absent int) (int, error) {
	if _, err := n.get(path); err != nil {
		return absent, nil
	}
	word, err := n.word(path)
	if err != nil {
		return 0, err
	}
	v, err := strconv.Atoi(word)
	if err != nil || v < low || v > high {
		return 0, fmt.Errorf("%s: %.40q is not a number from %d to %d", path, word, low, high)
	}
	return v, nil
}

// words returns the list of texts at path, none where it is absent.
func (n *node) words(path string) ([]string, error) {
	m, err := n.get(path)
	if err != nil || m.kind == numbers && m.length() == 0 {
		return nil, nil
	}
	if m.kind != list {
		return nil, fmt.Errorf("%s is %v, not a list of texts", path, m.kind)
	}
	words := make([]string, len(m.items))
	for i := range m.items {
		if m.items[i].kind != text {
			return nil, fmt.Errorf("%s: entry %d is %v, not a text", path, i, m.items[i].kind)
		}
		words[i] = m.items[i].text
	}
	return words, nil
}

// floats returns the want float32 of the list at path.
func (n *node) floats(path string, want int) ([]float32, error) {
	return array(n, path, want, want, func(word string) (float32, error) {
		v, err := strconv.ParseFloat(word, 32)
		return float32(v), err
	}, func(v float64) (float32, bool) { return float32(v), true })
}

// integers returns the want whole numbers of the list at path.
func (n *node) integers(path string, want int) ([]int, error) {
	return n.integersWithin(path, want, want)
}

// integersWithin returns the whole numbers of the list at path, least to most of them.
func (n *node) integersWithin(path string, least, most int) ([]int, error) {
	return array(n, path, least, most, strconv.Atoi, func(v float64) (int, bool) {
		return int(v), v == math.Trunc(v) && math.Abs(v) < 1<<53
	})
}

// array converts a list of least to most numbers. Memory is taken for the entries that are
// there, and there only once their number is right.
func array[T any](n *node, path string, least, most int, parse func(string) (T, error), convert func(float64) (T, bool)) ([]T, error) {
	m, err := n.get(path)
	if err != nil {
		return nil, err
	}
	if m.kind != numbers && m.kind != list {
		return nil, fmt.Errorf("%s is %v, not a list of numbers", path, m.kind)
	}
	length := m.length()
	switch {
	case length < least, length > least && least == most:
		return nil, fmt.Errorf("%s has %d entries, wants %d", path, length, least)
	case length > most:
		return nil, fmt.Errorf("%s has %d entries, at most %d are allowed", path, length, most)
	}
	values := make([]T, 0, length)
	unfit := func(what any) error {
		return fmt.Errorf("%s: entry %d, %.40v, is not a number that fits", path, len(values), what)
	}
	switch {
	case m.kind == list: // of single numbers, in UBJSON
		for i := range m.items {
			v, err := parse(m.items[i].text)
			if m.items[i].kind != number && m.items[i].kind != boolean || err != nil {
				return nil, unfit(m.items[i].text)
			}
			values = append(values, v)
		}
	case m.packing != 0:
		size := sizes[m.packing]
		for at := 0; at < len(m.packed); at += size {
			wide := unpack(m.packing, m.packed[at:])
			v, ok := convert(wide)
			if !ok {
				return nil, unfit(wide)
			}
			values = append(values, v)
		}
	case length > 0:
		for word := range strings.SplitSeq(m.text, ",") {
			v, err := parse(strings.TrimSpace(word))
			if err != nil {
				return nil, unfit(word)
			}
			values = append(values, v)
		}
	}
	return values, nil
}

// length is the number of entries of a list.
func (n *node) length() int {
	switch {
	case n.kind == list:
		return len(n.items)
	case n.packing != 0:
		return len(n.packed) / sizes[n.packing]
	case strings.TrimSpace(n.text) == "":
		return 0
	}
	return strings.Count(n.text, ",") + 1
}

// sizes are the bytes of the UBJSON number types.
var sizes = [256]int{'i': 1, 'U': 1, 'I': 2, 'l': 4, 'L': 8, 'd': 4, 'D': 8}

// unpack reads the big-endian number at the beginning of data. An int64
// beyond 2**53 is not exact, and then fits nothing.
func unpack(packing byte, data []byte) float64 {
	switch packing {
	case 'i':
		return float64(int8(data[0]))
	case 'U':
		return float64(data[0])
	case 'I':
		return float64(int16(binary.BigEndian.Uint16(data)))
	case 'l':
		return float64(int32(binary.BigEndian.Uint32(data)))
	case 'L':
		return float64(int64(binary.BigEndian.Uint64(data)))
	case 'd':
		return float64(math.Float32frombits(binary.BigEndian.Uint32(data)))
	}
	return math.Float64frombits(binary.BigEndian.Uint64(data))
}
