package scoring

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
)

// TableReader reads CSV with a header, plain or gzip, row by row.
type TableReader struct {
	Header []string
	name   string
	csv    *csv.Reader
}

// NewTableReader reads the header. Name is that of the file, for errors.
func NewTableReader(r io.Reader, name string) (*TableReader, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	if magic, _ := buffered.Peek(2); string(magic) == "\x1f\x8b" {
		unzipped, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		buffered = bufio.NewReaderSize(&limitedReader{unzipped, maxTableBytes}, 64<<10)
	}
	if mark, _ := buffered.Peek(3); string(mark) == "\ufeff" {
		_, _ = buffered.Discard(len(mark)) // just peeked at, so it is there
	}
	t := &TableReader{name: name, csv: csv.NewReader(buffered)}
	header, err := t.csv.Read()
	switch {
	case err == io.EOF:
		return nil, fmt.Errorf("%s: is empty; wants a header", name)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	seen := map[string]bool{}
	for _, column := range header {
		if seen[column] {
			return nil, fmt.Errorf("%s: column %q is there twice", name, column)
		}
		seen[column] = true
	}
	t.Header = header
	return t, nil
}

// Next returns the next row and its line, or io.EOF. The cells are the caller's.
func (t *TableReader) Next() (cells []string, line int, err error) {
	cells, err = t.csv.Read()
	if err == io.EOF {
		return nil, 0, err
	}
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", t.name, err)
	}
	line, _ = t.csv.FieldPos(0)
	return cells, line, nil
}

// Table is a CSV file in memory.
type Table struct {
	Name   string
	Header []string
	Rows   [][]string
	Lines  []int // of each row in the file, from 1
}

// ReadTable reads all of r, which may be gzip.
func ReadTable(r io.Reader, name string) (*Table, error) {
	reader, err := NewTableReader(r, name)
	if err != nil {
		return nil, err
	}
	t := &Table{Name: name, Header: reader.Header}
	for {
		cells, line, err := reader.Next()
		if err == io.EOF {
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		t.Rows = append(t.Rows, cells)
		t.Lines = append(t.Lines, line)
	}
}

// Slice returns the rows from to to, counted from 1, both included; to 0 is the last.
func (t *Table) Slice(from, to int) (*Table, error) {
	if to == 0 {
		to = len(t.Rows)
	}
	if from < 1 || to < from || to > len(t.Rows) {
		return nil, fmt.Errorf("%s: has %d rows, not %d to %d", t.Name, len(t.Rows), from, to)
	}
	part := *t
	part.Rows, part.Lines = t.Rows[from-1:to], t.Lines[from-1:to]
	return &part, nil
}

// column returns the index of a column, -1 where there is none.
func (t *Table) column(name string) int {
	for i, column := range t.Header {
		if column == name {
			return i
		}
	}
	return -1
}

var errTooLarge = errors.New("is larger than allowed after decompression")

// limitedReader fails, rather than ends, after n bytes.
type limitedReader struct {
	r io.Reader
	n int64
}

func (l *limitedReader) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.n -= int64(n); l.n < 0 {
		return 0, errTooLarge
	}
	return n, err
}
