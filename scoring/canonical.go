package scoring

import "hindsight/schemas"

// canonical returns the canonical text of text: text itself where it is in it
// already, else scratch.
func canonical(text []byte, scratch *[]byte) []byte {
	if isCanonical(text) {
		return text
	}
	*scratch = schemas.AppendCanonical((*scratch)[:0], text)
	return *scratch
}

// isCanonical reports, cheaply, whether text surely is its own canonical text:
// names mostly are. False only means that it takes a closer look.
func isCanonical(text []byte) bool {
	n := len(text)
	if n == 0 {
		return true
	}
	if isBlank(text[0]) || isBlank(text[n-1]) || n == 4 && text[0]|0x20 == 't' || n == 5 && text[0]|0x20 == 'f' {
		return false
	}
	digits := 0
	for _, c := range text {
		switch {
		case '0' <= c && c <= '9':
			digits++
		case c == '+' || c == '-' || c == '.' || c|0x20 == 'e':
		default:
			return true // not a number
		}
	}
	return digits == n && n <= 20 && (text[0] != '0' || n == 1)
}

// isBlank includes the bytes that spaces beyond ASCII begin and end with.
func isBlank(c byte) bool { return c <= ' ' || c >= 0x80 }
