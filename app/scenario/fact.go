package scenario

import (
	"math"
	"strconv"
	"strings"
)

// fact is one thing that a line says: a key and a value, or a value alone.
type fact struct {
	key     string
	bare    bool      // the key is not written
	text    string    // of a value that is no number
	numbers []float64 // one, or the two ends of an interval
	shown   bool      // written where nobody asks for it
}

// line is what came, as it can be written and compared.
type line struct {
	word    string // outcome, fate, window, …
	subject string
	facts   []fact
}

func (l *line) say(key, text string, shown bool) {
	l.facts = append(l.facts, fact{key: key, text: text, shown: shown})
}
func (l *line) bare(key, text string, shown bool) {
	l.facts = append(l.facts, fact{key: key, text: text, bare: true, shown: shown})
}
func (l *line) number(key string, n float64, shown bool) {
	l.facts = append(l.facts, fact{key: key, numbers: []float64{n}, shown: shown})
}
func (l *line) interval(key string, low, high float64) {
	l.facts = append(l.facts, fact{key: key, bare: true, numbers: []float64{low, high}})
}

func (l *line) fact(key string) *fact {
	for i := range l.facts {
		if l.facts[i].key == key {
			return &l.facts[i]
		}
	}
	return nil
}

// want is what a line of the file says of one fact.
type want struct {
	key  string
	text string // as written; of a time, as the almanac writes it
}

// matches reports whether what came is what was said.
func (w want) matches(f *fact) bool {
	switch {
	case f == nil:
		return false
	case w.key == "says":
		return strings.Contains(f.text, w.text)
	case f.numbers == nil:
		return w.text == f.text
	}
	return w.text != "" && roundedLike(f.numbers, w.text) == normal(w.text)
}

// meets reports whether what came is everything that was said.
func (l *line) meets(wants []want) bool {
	for _, w := range wants {
		if !w.matches(l.fact(w.key)) {
			return false
		}
	}
	return true
}

// write writes what came as a line of the file: the facts that were asked for,
// rounded as they were written there, and, if more, all that are usually shown.
func (l *line) write(wants []want, more bool) string {
	var b strings.Builder
	b.WriteString(l.word)
	if l.subject != "" {
		b.WriteString(" " + quoteName(l.subject))
	}
	for _, f := range l.facts {
		asked, show := "", f.shown && more
		for _, w := range wants {
			if w.key == f.key {
				asked, show = w.text, true
			}
		}
		if !show || f.text == "" && f.numbers == nil {
			continue
		}
		b.WriteByte(' ')
		if !f.bare {
			b.WriteString(f.key + " ")
		}
		switch {
		case f.key == "says":
			b.WriteString(quote(f.text))
		case f.numbers != nil:
			b.WriteString(roundedLike(f.numbers, asked))
		case isTime(f.key):
			b.WriteString(f.text)
		default:
			b.WriteString(quote(f.text))
		}
	}
	return b.String()
}

// roundedLike writes numbers with as many decimals as they have in like. What
// is not whole is never written as if it were: it has four then, as without like.
func roundedLike(numbers []float64, like string) string {
	parts := strings.Split(like, "..")
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		decimals := ""
		if like != "" && len(parts) == len(numbers) {
			_, decimals, _ = strings.Cut(parts[i], ".")
		}
		if decimals == "" && math.Abs(n-math.Round(n)) > 1e-9 {
			texts[i] = strconv.FormatFloat(n, 'f', 4, 64)
			continue
		}
		texts[i] = plain(n, len(decimals))
	}
	return strings.Join(texts, "..")
}

// normal writes the numbers of a line without needless signs and zeros in front.
func normal(text string) string {
	parts := strings.Split(text, "..")
	for i, p := range parts {
		if n, err := strconv.ParseFloat(p, 64); err == nil {
			_, decimals, _ := strings.Cut(p, ".")
			parts[i] = plain(n, len(decimals))
		}
	}
	return strings.Join(parts, "..")
}

// plain never writes -0.00.
func plain(n float64, decimals int) string {
	text := strconv.FormatFloat(n, 'f', min(decimals, 15), 64)
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-")
	}
	return text
}

// isNumbers reports whether a word is a number, or an interval LOW..HIGH.
func isNumbers(text string) bool {
	for _, p := range strings.Split(text, "..") {
		if strings.Trim(p, "+-.0123456789") != "" {
			return false
		}
		if _, err := strconv.ParseFloat(p, 64); err != nil {
			return false
		}
	}
	return true
}

// isTime reports whether a fact is a time.
func isTime(key string) bool {
	switch key {
	case "at", "arrived", "start", "since", "final-by":
		return true
	}
	return false
}
