package parity

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Rows are feature rows with the answers of a library.
type Rows struct {
	X        [][]float64 // NaN where the cell is empty
	Raw, Out [][]float64 // per row the sums, none where the file has none, and the transformed ones
}

// ReadFile reads a CSV file, gzip where its name ends in .gz: a header, one
// column per feature, then the answers. Answers whose name begins with raw are
// sums. Features may be nil for a file that has answers alone.
func ReadFile(name string, features []string) (*Rows, error) {
	data, err := Unzipped(name)
	if err != nil {
		return nil, err
	}
	rows, err := read(bytes.NewReader(data), features)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return rows, nil
}

func read(from io.Reader, features []string) (*Rows, error) {
	r := csv.NewReader(from)
	header, err := r.Read()
	if err != nil {
		return nil, err
	}
	if len(header) < len(features) || !slices.Equal(header[:len(features)], features) {
		return nil, fmt.Errorf("the columns %q do not begin with the features %q", header, features)
	}
	raws := 0
	for _, name := range header[len(features):] {
		if strings.HasPrefix(name, "raw") {
			raws++
		}
	}
	rows := &Rows{}
	for {
		cells, err := r.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		values := make([]float64, len(cells))
		for i, cell := range cells {
			values[i] = math.NaN()
			if cell == "" {
				continue
			}
			if values[i], err = strconv.ParseFloat(cell, 64); err != nil {
				return nil, fmt.Errorf("row %d, %s: %w", len(rows.X)+1, header[i], err)
			}
		}
		n := len(features)
		rows.X = append(rows.X, values[:n])
		rows.Raw = append(rows.Raw, values[n:n+raws])
		rows.Out = append(rows.Out, values[n+raws:])
	}
}

// Last returns the last n rows.
func (r *Rows) Last(n int) *Rows {
	at := len(r.X) - n
	return &Rows{r.X[at:], r.Raw[at:], r.Out[at:]}
}

// Answers returns the rows of r with the answers of a.
func (r *Rows) Answers(a *Rows) *Rows { return &Rows{r.X, a.Raw, a.Out} }
