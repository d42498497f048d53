package lightgbm

import (
	"fmt"
	"strconv"
	"strings"

	"hindsight/scoring/model/tree"
)

// section is "key=value" lines up to a line that begins another. A key stands
// alone where it is a flag.
type section struct {
	name   string
	fields map[string]string
}

// has reports whether the section has key.
func (s *section) has(key string) bool { _, ok := s.fields[key]; return ok }

// put records a line, which nothing before may have said.
func (s *section) put(line string) error {
	key, value, _ := strings.Cut(line, "=")
	if s.has(key) {
		return fmt.Errorf("%s: %s is there twice", s.name, key)
	}
	s.fields[key] = value
	return nil
}

// split cuts a file into its header, its trees and what follows them. Every
// slice of a field points into text.
func split(text string) (header *section, trees []*section, rest string, err error) {
	header = &section{"header", map[string]string{}}
	at, lines := header, 0
	for {
		line, after, more := strings.Cut(text, "\n")
		line = strings.TrimSuffix(line, "\r")
		switch {
		case line == "end of trees":
			return header, trees, after, nil
		case !more:
			return nil, nil, "", fmt.Errorf(`"end of trees" is missing: the file is cut off, or no LightGBM model`)
		case strings.HasPrefix(line, "Tree="):
			if want := "Tree=" + strconv.Itoa(len(trees)); line != want {
				return nil, nil, "", fmt.Errorf("%.40q stands where %q has to", line, want)
			}
			if len(trees) == tree.MaxTrees {
				return nil, nil, "", fmt.Errorf("has more than the %d trees allowed", tree.MaxTrees)
			}
			at = &section{"tree " + strconv.Itoa(len(trees)), map[string]string{}}
			trees = append(trees, at)
		case line != "":
			if len(at.fields) >= maxFields {
				return nil, nil, "", fmt.Errorf("%s: has more than %d lines", at.name, maxFields)
			}
			if lines++; lines > maxLines {
				return nil, nil, "", fmt.Errorf("has more than %d lines", maxLines)
			}
			if err := at.put(line); err != nil {
				return nil, nil, "", err
			}
		}
		text = after
	}
}

const (
	maxFields = 100     // of a section; LightGBM writes about twenty
	maxLines  = 8 << 20 // of all sections
)

// integer reads a field that is one whole number within [low, high].
func (s *section) integer(key string, low, high int) (int, error) {
	text, ok := s.fields[key]
	if !ok {
		return 0, fmt.Errorf("%s: %s is missing", s.name, key)
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%s: %s: %.40q is not a number from %d to %d", s.name, key, text, low, high)
	}
	return n, nil
}

// list reads a field that is want numbers. Memory is taken for those that are
// there, never for those that are promised.
func list[T any](s *section, key string, want int, parse func(string) (T, error)) ([]T, error) {
	text, ok := s.fields[key]
	if !ok {
		return nil, fmt.Errorf("%s: %s is missing", s.name, key)
	}
	if n := countWords(text); n != want {
		return nil, fmt.Errorf("%s: %s has %d entries, wants %d", s.name, key, n, want)
	}
	values := make([]T, 0, want)
	for word := range strings.FieldsSeq(text) {
		v, err := parse(word)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: entry %d, %.40q, is not a number that fits", s.name, key, len(values), word)
		}
		values = append(values, v)
	}
	return values, nil
}

// countWords is len(strings.Fields(text)), and takes no memory.
func countWords(text string) (n int) {
	for range strings.FieldsSeq(text) {
		n++
	}
	return n
}

func (s *section) floats(key string, want int) ([]float64, error) {
	return list(s, key, want, func(word string) (float64, error) { return strconv.ParseFloat(word, 64) })
}

func (s *section) integers(key string, want int) ([]int, error) {
	return list(s, key, want, func(word string) (int, error) {
		n, err := strconv.ParseInt(word, 10, 32)
		return int(n), err
	})
}

func (s *section) words32(key string, want int) ([]uint32, error) {
	return list(s, key, want, func(word string) (uint32, error) {
		n, err := strconv.ParseUint(word, 10, 32)
		return uint32(n), err
	})
}
