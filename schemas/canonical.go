package schemas

import (
	"bytes"
	"strconv"
	"strings"
)

// Canonical returns the canonical text of a label or class, in which 1, 1.0,
// 1e0, "1" and true are the same. A decimal number becomes its shortest form
// without loss of digits, plain from 0.000001 to below 1e21 and with an exponent
// beyond; true and false in any case become 1 and 0; everything else, NaN and
// hexadecimal included, is only trimmed. Canonical text is its own canonical text.
func Canonical(v string) string {
	v = strings.TrimSpace(v)
	var buf [64]byte
	out := appendCanonicalText(buf[:0], v)
	if string(out) == v {
		return v
	}
	return string(out)
}

// AppendCanonical appends the canonical text of v to dst; see Canonical.
func AppendCanonical(dst, v []byte) []byte {
	return appendCanonicalText(dst, bytes.TrimSpace(v))
}

// appendCanonicalFloat appends the canonical text of v, the shortest that reads
// back as the same float of that many bits.
func appendCanonicalFloat(dst []byte, v float64, bits int) []byte {
	var buf [32]byte
	return appendCanonicalText(dst, strconv.AppendFloat(buf[:0], v, 'e', -1, bits))
}

func appendCanonicalText[T string | []byte](dst []byte, v T) []byte {
	switch {
	case isWord(v, "true"):
		return append(dst, '1')
	case isWord(v, "false"):
		return append(dst, '0')
	}
	var digits [40]byte
	n, ok := parseDecimal(v, digits[:0])
	if !ok {
		return append(dst, v...)
	}
	return n.append(dst)
}

// isWord compares without regard to ASCII case; word is lower-case.
func isWord[T string | []byte](v T, word string) bool {
	if len(v) != len(word) {
		return false
	}
	for i := range len(word) {
		if v[i]|0x20 != word[i] {
			return false
		}
	}
	return true
}

// decimal is ±0.d₁d₂d₃… × 10^point, d₁ and the last digit not 0; no digits: zero.
type decimal struct {
	negative bool
	digits   []byte
	point    int
}

// maxExponent bounds what is taken for a number: beyond it text stays text.
const maxExponent = 100_000

// parseDecimal reads [+-]digits[.digits][e[+-]digits] with at least one digit;
// the digits are appended to buf.
func parseDecimal[T string | []byte](v T, buf []byte) (n decimal, ok bool) {
	i := 0
	if i < len(v) && (v[i] == '+' || v[i] == '-') {
		n.negative = v[i] == '-'
		i++
	}
	n.digits = buf
	found, fraction := false, false
	for ; i < len(v); i++ {
		c := v[i]
		switch {
		case c >= '0' && c <= '9':
			found = true
			if len(n.digits) > 0 || c != '0' {
				n.digits = append(n.digits, c)
				if !fraction {
					n.point++
				}
			} else if fraction {
				n.point--
			}
			continue
		case c == '.' && !fraction:
			fraction = true
			continue
		}
		break
	}
	if !found {
		return n, false
	}
	if i < len(v) {
		e, ok := parseExponent(v[i:])
		if !ok {
			return n, false
		}
		n.point += e
	}
	for len(n.digits) > 0 && n.digits[len(n.digits)-1] == '0' {
		n.digits = n.digits[:len(n.digits)-1]
	}
	return n, true
}

// parseExponent reads e[+-]digits.
func parseExponent[T string | []byte](v T) (e int, ok bool) {
	if len(v) < 2 || v[0]|0x20 != 'e' {
		return 0, false
	}
	i, sign := 1, 1
	if v[i] == '+' || v[i] == '-' {
		if v[i] == '-' {
			sign = -1
		}
		i++
	}
	if i == len(v) {
		return 0, false
	}
	for ; i < len(v); i++ {
		if v[i] < '0' || v[i] > '9' {
			return 0, false
		}
		if e = e*10 + int(v[i]-'0'); e > maxExponent {
			return 0, false
		}
	}
	return sign * e, true
}

func (n *decimal) append(dst []byte) []byte {
	if len(n.digits) == 0 {
		return append(dst, '0')
	}
	if n.negative {
		dst = append(dst, '-')
	}
	switch exponent := n.point - 1; {
	case exponent < -6 || exponent >= 21:
		dst = append(dst, n.digits[0])
		if len(n.digits) > 1 {
			dst = append(append(dst, '.'), n.digits[1:]...)
		}
		dst = append(dst, 'e')
		if exponent > 0 {
			dst = append(dst, '+')
		}
		return strconv.AppendInt(dst, int64(exponent), 10)
	case n.point <= 0:
		return append(appendZeros(append(dst, "0."...), -n.point), n.digits...)
	case n.point >= len(n.digits):
		return appendZeros(append(dst, n.digits...), n.point-len(n.digits))
	default:
		dst = append(append(dst, n.digits[:n.point]...), '.')
		return append(dst, n.digits[n.point:]...)
	}
}

func appendZeros(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, '0')
	}
	return dst
}
