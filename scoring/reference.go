package scoring

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// reference is reference.json: how inputs and answers were distributed over
// the rows that the model was made of.
type reference struct {
	Format int                       `json:"format"` // 1
	Rows   int64                     `json:"rows"`
	Inputs map[string]referenceInput `json:"inputs"`
	Scores []counted                 `json:"scores"` // per answer column
}

// referenceInput is a number's distribution or a category's.
type referenceInput struct {
	Missing int64 `json:"missing"`
	counted
	Levels map[string]int64 `json:"levels"` // by canonical text, the most frequent ones
	Other  int64            `json:"other"`  // of all other levels
}

// counted counts values between ascending edges: Counts[i] those at or above
// Edges[i-1] and below Edges[i].
type counted struct {
	Edges  []float64 `json:"edges"`
	Counts []int64   `json:"counts"`
}

const maxReferenceBytes = 16 << 20

// readReference reads reference.json strictly: unknown keys, edges out of
// order and counts that do not add up to the rows are faults.
func readReference(f *files) (*reference, error) {
	data, err := f.read(referenceFile, maxReferenceBytes)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	r := &reference{}
	if err := d.Decode(r); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON object")
	}
	return r, r.check()
}

func (r *reference) check() error {
	if r.Format != 1 {
		return fmt.Errorf("format %d is not known here; known is 1", r.Format)
	}
	var faults []error
	for _, name := range sortedKeys(r.Inputs) {
		in := r.Inputs[name]
		counts := append([]int64{in.Missing, in.Other}, in.Counts...)
		for _, n := range in.Levels {
			counts = append(counts, n)
		}
		if err := errors.Join(in.checkEdges(), addUp(counts, r.Rows)); err != nil {
			faults = append(faults, fmt.Errorf("inputs.%s: %w", name, err))
		}
	}
	for i, s := range r.Scores {
		if err := errors.Join(s.checkEdges(), addUp(s.Counts, r.Rows)); err != nil {
			faults = append(faults, fmt.Errorf("scores[%d]: %w", i, err))
		}
	}
	return errors.Join(faults...)
}

func (c *counted) checkEdges() error {
	switch {
	case !strictlyAscending(c.Edges):
		return errors.New("edges are not in ascending order")
	case len(c.Counts) > 0 && len(c.Counts) != len(c.Edges)+1:
		return fmt.Errorf("%d counts do not fit %d edges", len(c.Counts), len(c.Edges))
	}
	return nil
}

// addUp checks that counts, none of them negative, sum to rows.
func addUp(counts []int64, rows int64) error {
	sum := int64(0)
	for _, n := range counts {
		if n < 0 || n > rows {
			return fmt.Errorf("a count of %d is not between 0 and %d", n, rows)
		}
		sum += n
	}
	if sum != rows {
		return fmt.Errorf("counts sum to %d, not to the %d rows", sum, rows)
	}
	return nil
}
