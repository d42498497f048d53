package terminal

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"hindsight/schemas"
)

// count writes n in groups of three digits.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	var groups []string
	for len(digits) > 3 {
		groups = append([]string{digits[len(digits)-3:]}, groups...)
		digits = digits[:len(digits)-3]
	}
	return sign + strings.Join(append([]string{digits}, groups...), ",")
}

func figure(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	if math.Abs(v) >= 10 {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 3, 64)
}

// value writes a metric with its interval, or why there is none.
func value(m schemas.Metric) string {
	if m.Undefined != "" {
		return "not defined: " + m.Undefined
	}
	return fmt.Sprintf("%s [%s, %s]", figure(m.Value), figure(m.Low), figure(m.High))
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

func moment(i schemas.Instant) string {
	if i == schemas.Beginning || i == schemas.Forever {
		return "not yet"
	}
	t := i.Time()
	if t.Second() != 0 {
		return t.Format("2006-01-02 15:04:05")
	}
	return t.Format("2006-01-02 15:04")
}

func seconds(s float64) string {
	d := time.Duration(s * float64(time.Second)).Round(time.Second)
	return strings.ReplaceAll(d.String(), "m0s", "m")
}

func words(name string) string { return strings.ReplaceAll(name, "_", " ") }
