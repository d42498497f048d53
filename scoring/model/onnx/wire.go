package onnx

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// field is one field of a protobuf message. Its bytes are those of the file.
type field struct {
	number protowire.Number
	kind   protowire.Type
	varint uint64
	bytes  []byte
}

// holds reports whether f is field n and a text, a message or a packed list. A
// field of another kind than it should be is unknown, to protobuf too.
func (f field) holds(n protowire.Number) bool { return f.number == n && f.kind == protowire.BytesType }

// counts reports whether f is field n and an integer.
func (f field) counts(n protowire.Number) bool {
	return f.number == n && f.kind == protowire.VarintType
}

// eachField calls visit with the fields of a message in their order.
func eachField(message []byte, visit func(field) error) error {
	for len(message) > 0 {
		var f field
		var n int
		f.number, f.kind, n = protowire.ConsumeTag(message)
		if n < 0 {
			return notProtobuf(n)
		}
		message = message[n:]
		switch f.kind {
		case protowire.VarintType:
			f.varint, n = protowire.ConsumeVarint(message)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(message)
		default:
			n = protowire.ConsumeFieldValue(f.number, f.kind, message)
		}
		if n < 0 {
			return notProtobuf(n)
		}
		message = message[n:]
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

var errLongList = fmt.Errorf("has a list of more than %d classes or categories", maxNames)

var errNotProtobuf = errors.New("not an ONNX file")

func notProtobuf(n int) error { return fmt.Errorf("%w: %w", errNotProtobuf, protowire.ParseError(n)) }

// integers reads field n of message, a list that may be packed.
func integers(message []byte, n protowire.Number) ([]int64, error) {
	var list []int64
	err := eachField(message, func(f field) error {
		if f.counts(n) {
			list = append(list, int64(f.varint))
		}
		if len(list)+len(f.bytes) > maxNames { // as many numbers at most
			return errLongList
		}
		for packed := f.bytes; f.holds(n) && len(packed) > 0; {
			v, size := protowire.ConsumeVarint(packed)
			if size < 0 {
				return notProtobuf(size)
			}
			list, packed = append(list, int64(v)), packed[size:]
		}
		return nil
	})
	return list, err
}

// texts reads field n of message, a list of strings.
func texts(message []byte, n protowire.Number) ([]string, error) {
	var list []string
	err := eachField(message, func(f field) error {
		if f.holds(n) {
			list = append(list, string(f.bytes))
		}
		if len(list) > maxNames {
			return errLongList
		}
		return nil
	})
	return list, err
}
