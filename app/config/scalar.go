package config

import (
	"fmt"
	"iter"
	"math"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// structFields yields the fields of t that are keys of the file.
func structFields(t reflect.Type) iter.Seq[reflect.StructField] {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && !yield(f) {
				return
			}
		}
	}
}

func keyName(f reflect.StructField) string { return f.Tag.Get("yaml") }

func keyNames(t reflect.Type) []string {
	var names []string
	for f := range structFields(t) {
		names = append(names, keyName(f))
	}
	return names
}

// isScalar reports whether values of t are written as one word.
func isScalar(t reflect.Type) bool {
	switch t {
	case reflect.TypeFor[Secret](), reflect.TypeFor[time.Time](), reflect.TypeFor[Missing]():
		return true
	}
	switch t.Kind() {
	case reflect.String, reflect.Int64, reflect.Float64:
		return true
	}
	return false
}

// scalar sets v to what text means for its type; n is where text stands, nil for a default.
func (d *decoder) scalar(n ast.Node, text string, v reflect.Value, key string, tag reflect.StructTag) {
	switch p := v.Addr().Interface().(type) {
	case *time.Duration:
		dur, err := ParseDuration(text)
		d.check(n, key, text, err)
		*p = dur
	case *Size:
		size, err := ParseSize(text)
		d.check(n, key, text, err)
		*p = size
	case *time.Time:
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			err = fmt.Errorf("must be %s", describe(v.Type(), tag))
		}
		d.check(n, key, text, err)
		*p = at.UTC()
	case *Secret:
		*p = d.secret(n, text, key)
	case *int64:
		i, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			err = fmt.Errorf("must be a whole number")
		}
		d.check(n, key, text, err)
		*p = i
	case *float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			f, err = 0, fmt.Errorf("must be a number")
		}
		d.check(n, key, text, err)
		*p = f
	case *string:
		d.str(n, text, p, key, tag)
	}
}

func (d *decoder) check(n ast.Node, key, text string, err error) {
	if err != nil {
		d.fault(n, key, text, "%v", err)
	}
}

func (d *decoder) secret(n ast.Node, text, key string) Secret {
	path, isFile := strings.CutPrefix(text, fileScheme)
	if !isFile {
		return Secret{value: text}
	}
	s := Secret{path: d.path(path)}
	if _, err := s.Reveal(); err != nil {
		d.fault(n, key, "", "%v", err)
	}
	return s
}

// path takes a relative path from the folder of the file.
func (d *decoder) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(d.dir, p)
}

func (d *decoder) str(n ast.Node, text string, p *string, key string, tag reflect.StructTag) {
	if allowed := choices(tag); allowed != nil && !slices.Contains(allowed, text) {
		d.fault(n, key, text, "allowed %s%s", isOrAre(allowed), didYouMean(text, allowed))
		return
	}
	if _, hasDefault := tag.Lookup("default"); hasDefault && text == "" {
		d.fault(n, key, "", "must not be empty; leave the key out for its default")
		return
	}
	var err error
	switch tag.Get("kind") {
	case "path":
		text = d.path(text)
	case "source": // of a registry, or a path
		if !strings.Contains(text, "://") {
			text = d.path(text)
		}
	case "topic":
		err = checkTopic(text)
	case "field":
		err = checkField(text)
	}
	if err != nil {
		d.fault(n, key, text, "%v", err)
		return
	}
	*p = text
}

func choices(tag reflect.StructTag) []string {
	if allowed := tag.Get("allowed"); allowed != "" {
		return strings.Split(allowed, "|")
	}
	return nil
}

const (
	topicPattern = `^[a-zA-Z0-9._-]{1,249}$`
	fieldPattern = `^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`
)

func checkTopic(s string) error {
	if !regexp.MustCompile(topicPattern).MatchString(s) || s == "." || s == ".." {
		return fmt.Errorf("must be a topic name: 1 to 249 of letters, digits, '.', '_' and '-'")
	}
	return nil
}

func checkField(s string) error {
	if !regexp.MustCompile(fieldPattern).MatchString(s) {
		return fmt.Errorf("must be the path of an Avro field, such as event_id or customer.region")
	}
	return nil
}

// describe says for a fault what a value of t looks like.
func describe(t reflect.Type, tag reflect.StructTag) string {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return "a duration, such as 14d or 30s"
	case reflect.TypeFor[Size]():
		return "a number of bytes, such as 1MiB"
	case reflect.TypeFor[time.Time]():
		return "a time as in 2026-11-23T00:00:00Z"
	case reflect.TypeFor[Secret]():
		return "a secret, best as file:PATH"
	}
	switch t.Kind() {
	case reflect.Map:
		return "a mapping, as in {a: b}"
	case reflect.Int64, reflect.Float64:
		return "a number"
	}
	if allowed := choices(tag); allowed != nil {
		return alternatives(allowed, "or")
	}
	return "one word or number"
}
