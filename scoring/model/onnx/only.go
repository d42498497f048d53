package onnx

import "google.golang.org/protobuf/encoding/protowire"

// only returns the file with a as its only output, of whatever shape comes:
// CatBoost declares another than it gives. Where a ZipMap made a map of it for
// each row, that node goes too, the numbers are the same.
func (a *answer) only(model []byte) ([]byte, error) {
	return rewrite(model, 7, func(graph []byte) ([]byte, error) {
		out := make([]byte, 0, len(graph))
		err := eachRaw(graph, func(f field, raw []byte) error {
			drop := f.holds(graphOutput)
			if f.holds(graphNode) && a.zipped != "" {
				made, err := texts(f.bytes, 2)
				if err != nil {
					return err
				}
				drop = len(made) == 1 && made[0] == a.zipped
			}
			if !drop {
				out = append(out, raw...)
			}
			return nil
		})
		return appendMessage(out, graphOutput, a.declaration()), err
	})
}

// declaration is a ValueInfoProto that says nothing of the shape.
func (a *answer) declaration() []byte {
	element := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), a.element)
	typed := appendMessage(nil, 1, element)
	return appendMessage(appendMessage(nil, 1, []byte(a.name)), 2, typed)
}

// rewrite replaces the message in field n of a message.
func rewrite(message []byte, n protowire.Number, change func([]byte) ([]byte, error)) ([]byte, error) {
	out := make([]byte, 0, len(message))
	err := eachRaw(message, func(f field, raw []byte) error {
		if !f.holds(n) {
			out = append(out, raw...)
			return nil
		}
		changed, err := change(f.bytes)
		out = appendMessage(out, n, changed)
		return err
	})
	return out, err
}

// eachRaw is eachField with the bytes of the whole field, its tag included.
func eachRaw(message []byte, visit func(f field, raw []byte) error) error {
	rest := message
	return eachField(message, func(f field) error {
		_, _, n := protowire.ConsumeField(rest)
		raw := rest[:n]
		rest = rest[n:]
		return visit(f, raw)
	})
}

func appendMessage(to []byte, n protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(to, n, protowire.BytesType), message)
}
