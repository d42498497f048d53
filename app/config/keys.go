package config

import (
	_ "embed"
	"fmt"
	"strings"
)

// Key is one key of the file as the documentation tells it.
type Key struct {
	Path     string // dotted; [] stands for an element of a list
	Example  string // what config init writes, "" where the default says enough
	Shown    bool   // config init writes the example in force, not as a comment
	Doc      string // one line
	Required bool   // of every element of its list
}

//go:embed keys.txt
var keyTable string

// Keys returns every key in the order of the file: the one table that feeds
// the JSON Schema, the comments of config init and the suggestions.
//
// A line of keys.txt is the path, a mark and an example, and the doc:
//
//	path [= EXAMPLE | ~ EXAMPLE | !] | doc
//
// where = writes the example in force, ~ as a comment, and ! marks a key that
// every element of its list must have.
func Keys() []Key {
	var keys []Key
	for line := range strings.Lines(keyTable) {
		head, doc, ok := strings.Cut(strings.TrimSpace(line), " | ")
		if !ok {
			continue
		}
		path, rest, _ := strings.Cut(strings.TrimSpace(head), " ")
		k := Key{Path: path, Doc: strings.TrimSpace(doc)}
		mark, example, _ := strings.Cut(strings.TrimSpace(rest), " ")
		switch mark {
		case "=":
			k.Shown = true
		case "!":
			k.Required = true
		}
		k.Example = strings.TrimSpace(example)
		keys = append(keys, k)
	}
	return keys
}

// docOf returns the row of the table for a path.
func docOf(path string) (Key, error) {
	for _, k := range Keys() {
		if k.Path == path {
			return k, nil
		}
	}
	return Key{}, fmt.Errorf("config: key %s has no doc in keys.txt", path)
}
