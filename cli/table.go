package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// table writes aligned columns line by line, without waiting for the last: a
// column grows when a wider cell comes.
type table struct {
	w      io.Writer
	widths []int
	err    error
}

// newTable writes the header. A column begins as wide as its head, or as the
// least width given after a colon, as in "EVENT:12".
func newTable(w io.Writer, heads ...string) *table {
	t := &table{w: w, widths: make([]int, len(heads))}
	for i, head := range heads {
		if name, least, ok := strings.Cut(head, ":"); ok {
			fmt.Sscan(least, &t.widths[i])
			heads[i] = name
		}
	}
	t.row(heads...)
	return t
}

// row writes one line; the first error stands and ends the writing.
func (t *table) row(cells ...string) {
	if t.err != nil {
		return
	}
	var line strings.Builder
	for i, cell := range cells {
		cell = printable(cell)
		n := utf8.RuneCountInString(cell)
		t.widths[i] = max(t.widths[i], n)
		line.WriteString(cell)
		if i < len(cells)-1 {
			line.WriteString(strings.Repeat(" ", t.widths[i]-n+2))
		}
	}
	_, t.err = fmt.Fprintln(t.w, strings.TrimRight(line.String(), " "))
}

// printable keeps text of events from moving the cursor or colouring a terminal.
func printable(s string) string {
	if s == "" {
		return "-"
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
