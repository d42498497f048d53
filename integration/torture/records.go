package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/linkedin/goavro/v2"
)

// codecs decode what the program publishes by the schema files that it
// publishes, as a stranger would.
type codecs map[string]*goavro.Codec

// schemaOf is the record of each topic.
var schemaOf = map[string]string{"scores": "score", "outcomes": "outcome", "slices": "slice", "windows": "window", "alarms": "alarm"}

func loadCodecs(root string) (codecs, error) {
	all := codecs{}
	for topic, name := range schemaOf {
		text, err := os.ReadFile(filepath.Join(root, "schemas", name+".avsc"))
		if err != nil {
			return nil, err
		}
		if all[topic], err = plainCodec(text); err != nil {
			return nil, fmt.Errorf("schemas/%s.avsc: %w", name, err)
		}
	}
	return all, nil
}

// plainCodec leaves logical types out: instants then are what they are on the wire.
func plainCodec(text []byte) (*goavro.Codec, error) {
	var schema any
	if err := json.Unmarshal(text, &schema); err != nil {
		return nil, err
	}
	var strip func(any)
	strip = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			delete(v, "logicalType")
			for _, x := range v {
				strip(x)
			}
		case []any:
			for _, x := range v {
				strip(x)
			}
		}
	}
	strip(schema)
	plain, err := json.Marshal(schema)
	if err != nil {
		return nil, err
	}
	return goavro.NewCodec(string(plain))
}

// fields are the fields of one record.
type fields map[string]any

// decode reads a value in single-object encoding.
func (c codecs) decode(topic string, value []byte) (fields, error) {
	if len(value) < 10 || value[0] != 0xC3 || value[1] != 0x01 {
		return nil, fmt.Errorf("not single-object Avro: % x", value[:min(len(value), 10)])
	}
	native, rest, err := c[topic].NativeFromBinary(value[10:])
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes after the datum", len(rest))
	}
	return native.(map[string]any), nil
}

func (f fields) text(name string) string { s, _ := f[name].(string); return s }

func (f fields) number(name string) float64 { v, _ := f[name].(float64); return v }

// int reads an int or a long, also of a union with null, which is beginning.
func (f fields) int(name string) int64 {
	switch v := f[name].(type) {
	case int32:
		return int64(v)
	case int64:
		return v
	case map[string]any:
		n, _ := v["long"].(int64)
		return n
	}
	return beginning
}

func (f fields) list(name string) []fields {
	values, _ := f[name].([]any)
	list := make([]fields, 0, len(values))
	for _, v := range values {
		record, _ := v.(map[string]any)
		list = append(list, record)
	}
	return list
}

func (f fields) position(partition, offset string) position {
	return position{int32(f.int(partition)), f.int(offset)}
}
