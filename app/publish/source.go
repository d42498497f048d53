package publish

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Row is one row of input, converted to a schema.
type Row struct {
	Line  int64          // counted from 1, the header of a CSV included; of an OCF, the number of the record
	Value map[string]any // in goavro's native form
}

// Source yields rows until io.EOF. A row is valid until the next call. Errors
// name file, line, column and type.
type Source interface {
	Next() (Row, error)
}

// File is an open file of rows.
type File struct {
	Source
	name   string
	closer []io.Closer
}

// Close closes the file.
func (f *File) Close() error {
	var first error
	for _, c := range f.closer {
		if err := c.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Open opens a file of rows by the end of its name: .csv, .ndjson, .jsonl,
// .json, .avro or .ocf, each also with .gz. What is odd but no fault, such as
// a column that the schema does not have, goes to note.
func Open(path string, schema *Schema, note func(string)) (*File, error) {
	in, name, closers, err := openPlain(path)
	if err != nil {
		return nil, err
	}
	f := &File{name: path, closer: closers}
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".csv":
		f.Source, err = NewCSV(in, path, schema, note)
	case ".ndjson", ".jsonl", ".json":
		f.Source = NewNDJSON(in, path, schema, note)
	case ".avro", ".ocf":
		f.Source, err = NewOCF(in, path, schema)
	default:
		err = fmt.Errorf("%s: cannot tell its format; name it .csv, .ndjson or .avro, with .gz if it is compressed", path)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// EmbeddedSchema returns the writer's schema of an Avro file, or "" for
// another format.
func EmbeddedSchema(path string) (string, error) {
	in, name, closers, err := openPlain(path)
	if err != nil {
		return "", err
	}
	defer (&File{closer: closers}).Close()
	if ext := strings.ToLower(filepath.Ext(name)); ext != ".avro" && ext != ".ocf" {
		return "", nil
	}
	return ocfSchema(in, path)
}

// openPlain opens path through gzip where its first bytes say so, and returns
// its name without .gz.
func openPlain(path string) (io.Reader, string, []io.Closer, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, "", nil, fmt.Errorf("data: %w", err)
	}
	const buffer = 1 << 18
	in := bufio.NewReaderSize(file, buffer)
	name := strings.TrimSuffix(path, ".gz")
	if magic, err := in.Peek(2); err != nil || !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return in, name, []io.Closer{file}, nil
	}
	plain, err := gzip.NewReader(in)
	if err != nil {
		_ = file.Close()
		return nil, "", nil, fmt.Errorf("%s: gzip: %w", path, err)
	}
	return bufio.NewReaderSize(plain, buffer), name, []io.Closer{plain, file}, nil
}
