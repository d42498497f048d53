package scenario

import (
	"fmt"
	"strings"
)

// word is one word of a line. A quoted one is never a keyword.
type word struct {
	text   string
	quoted bool
}

// is reports whether w is a keyword.
func (w word) is(keyword string) bool { return !w.quoted && w.text == keyword }

// split cuts a line into words. A # that begins a word begins a comment; what
// stands between double quotes is one word, in which \" and \\ stand for
// themselves.
func split(line string) ([]word, error) {
	var words []word
	for {
		line = strings.TrimLeft(line, " \t\r")
		if line == "" || line[0] == '#' {
			return words, nil
		}
		if line[0] != '"' {
			end := strings.IndexAny(line, " \t\r")
			if end < 0 {
				end = len(line)
			}
			words = append(words, word{text: line[:end]})
			line = line[end:]
			continue
		}
		text, rest, ok := unquote(line[1:])
		if !ok {
			return nil, fmt.Errorf("a word in double quotes has no end")
		}
		words = append(words, word{text, true})
		line = rest
	}
}

func unquote(line string) (text, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			return b.String(), line[i+1:], true
		case c == '\\' && i+1 < len(line):
			i++
			b.WriteByte(line[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false
}

// quote writes text as one word that is no keyword.
func quote(text string) string {
	if isKey(text) {
		return `"` + text + `"`
	}
	return quoteName(text)
}

// quoteName writes text as one word where no keyword may stand.
func quoteName(text string) string {
	if text != "" && !strings.ContainsAny(text, " \t\r\n\"\\") && text[0] != '#' {
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
