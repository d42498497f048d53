package terminal

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// style is how a span looks where colour is allowed.
type style uint8

const (
	plain style = iota
	bold
	dim
	red
	yellow
	green
	blue
)

func (s style) code() string {
	return [...]string{plain: "0", bold: "1", dim: "2", red: "31", yellow: "33", green: "32", blue: "36"}[s]
}

// span is text in one style.
type span struct {
	text  string
	style style
}

// row is one line of the screen.
type row []span

// render returns the row in at most width cells, spelling out what a terminal
// would obey instead of show.
func (r row) render(width int, color bool) string {
	var b strings.Builder
	left := width
	for _, s := range r {
		text, cells := clip(visible(s.text), left)
		left -= cells
		if text == "" {
			continue
		}
		if color && s.style != plain {
			b.WriteString("\x1b[" + s.style.code() + "m" + text + "\x1b[0m")
		} else {
			b.WriteString(text)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// clip cuts text to at most width cells, marks the cut with an ellipsis, and
// returns how many cells it takes.
func clip(text string, width int) (string, int) {
	total, fits := 0, 0 // fits: bytes that leave room for the ellipsis
	used := 0
	for i, r := range text {
		w := runeCells(r)
		if total+w <= width-1 {
			fits, used = i+utf8.RuneLen(r), total+w
		}
		total += w
	}
	switch {
	case total <= width:
		return text, total
	case width <= 0:
		return "", 0
	}
	return text[:fits] + "…", used + 1
}

// visible spells out control and direction characters, and invalid bytes.
func visible(text string) string {
	clean := func(r rune) bool { return r != utf8.RuneError && (unicode.IsPrint(r) || unicode.Is(unicode.Mn, r)) }
	if strings.IndexFunc(text, func(r rune) bool { return !clean(r) }) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case clean(r):
			b.WriteRune(r)
		case r == utf8.RuneError:
			b.WriteRune('?')
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// runeCells is the width of a printable rune: marks take none, East Asian wide
// characters and pictographs two. It need not be exact beyond these: a line
// that is cut one cell early is no harm.
func runeCells(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.Is(unicode.Mn, r):
		return 0
	case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3,
		r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60,
		r >= 0xffe0 && r <= 0xffe6, r >= 0x1f300 && r <= 0x1faff, r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}
