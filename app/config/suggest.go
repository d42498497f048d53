package config

import (
	"reflect"
	"strings"
)

// unknown reports a key that section t does not have, with the key that was meant where one is near.
func (d *decoder) unknown(e entry, section string, t reflect.Type) {
	known := keyNames(t)
	hint := didYouMean(e.name, known)
	if hint == "" {
		for _, k := range Keys() {
			if last := k.Path[strings.LastIndexByte(k.Path, '.')+1:]; last == e.name {
				hint = "; did you mean " + k.Path + "?"
				break
			}
		}
	}
	d.fault(e.key, join(section, e.name), "", "unknown key; known here %s%s", isOrAre(known), hint)
}

// didYouMean returns "; did you mean x?" for the option nearest to word, "" where none is near.
func didYouMean(word string, options []string) string {
	best, least := "", 1+max(1, len(word)/3)
	for _, o := range options {
		if n := editDistance(strings.ToLower(word), strings.ToLower(o)); n < least {
			best, least = o, n
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b (optimal string alignment), 64 for long words.
func editDistance(a, b string) int {
	const longest = 64
	if len(a) > longest || len(b) > longest {
		return longest
	}
	var older []int
	prev := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
		older, prev = prev, row
	}
	return prev[len(b)]
}

// alternatives writes a list as "a, b or c".
func alternatives(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	n := len(words) - 1
	return strings.Join(words[:n], ", ") + " " + last + " " + words[n]
}

// isOrAre writes "is a" or "are a, b and c".
func isOrAre(words []string) string {
	if len(words) == 1 {
		return "is " + words[0]
	}
	return "are " + alternatives(words, "and")
}
