package scoring

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ScoreTable scores the CSV rows of r, which is called name, and writes one
// line for each to w: value, or p0,p1,… for several classes, in the shortest
// decimals that read back to the same number, or an infinity or NaN. It stops at the first row that
// cannot be scored.
func (b *Bundle) ScoreTable(w io.Writer, r io.Reader, name string) error {
	table, err := NewTableReader(r, name)
	if err != nil {
		return err
	}
	bound, err := b.plan.bind(table.Header)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	columns := b.answerColumns()
	if _, err := fmt.Fprintln(w, strings.Join(columns, ",")); err != nil {
		return err
	}
	s, row, line := b.NewScorer(), b.plan.newRaw(), []byte(nil)
	for {
		cells, at, err := table.Next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = bound.fill(row, cells)
			if err == nil {
				_, err = s.Score(row.numbers, row.texts, row.times)
			}
			if infinite := (*NotFiniteError)(nil); errors.As(err, &infinite) {
				err = nil // the library's own predict says inf or nan too
			}
			if err != nil {
				err = fmt.Errorf("%s line %d: %w", name, at, err)
			}
		}
		if err != nil {
			return err
		}
		line = line[:0]
		for i, v := range s.out[len(s.out)-len(columns):] {
			if i > 0 {
				line = append(line, ',')
			}
			line = strconv.AppendFloat(line, v, 'g', -1, 64)
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
	}
}
