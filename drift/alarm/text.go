package alarm

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"hindsight/schemas"
)

// The texts are one line each, for a person who was asleep a minute ago: which
// rule, what it does, the figure and how sure it is, of whom, when, the bound.

func (s stepping) fires(memory schemas.AlarmMemory, reading Reading) string {
	text := s.sentence(memory, reading) + " is " + s.side()
	if held := s.now.Sub(memory.Since); held > 0 {
		text += ", for " + span(held)
	}
	return text
}

func (s stepping) pends(memory schemas.AlarmMemory, reading Reading) string {
	return s.sentence(memory, reading) + " is " + s.side() + ", fires if that holds for " + span(s.rule.Hold)
}

func (s stepping) well(memory schemas.AlarmMemory, reading Reading) string {
	return s.sentence(memory, reading) + " is not " + s.side()
}

func (s stepping) resolved(memory schemas.AlarmMemory, reading Reading) string {
	side := "below "
	if _, below := s.rule.Bound(); below {
		side = "above "
	}
	return s.sentence(memory, reading) + " is back at or " + side + number(s.rule.clear()) + ", after " +
		span(s.now.Sub(memory.Since))
}

func (s stepping) withdrawn(memory schemas.AlarmMemory, reading Reading) string {
	return "withdrawn: " + s.sentence(memory, reading) + ", which it fired on, is not " + s.side() + " with the labels of now"
}

func (s stepping) unsure(memory schemas.AlarmMemory, reading Reading) string {
	text := "too little evidence on " + s.whose(memory) + ": "
	m := reading.Metric
	switch {
	case reading.Start == reading.End:
		return text + "no window " + s.rule.Window + " has outcomes"
	case m.Undefined != "":
		text += s.rule.Metric + " is undefined (" + m.Undefined + ")"
	default:
		text += s.rule.Metric + " rests on"
	}
	needs := ""
	if !s.rule.OfLabels() {
		needs = ", coverage " + percent(s.rule.MinCoverage)
	}
	if s.rule.MinMaturity > 0 {
		needs += ", maturity " + percent(s.rule.MinMaturity)
	}
	return fmt.Sprintf("%s n %s%s in %s %s, and needs n %s%s", text,
		thousands(m.N), s.coverage(reading), s.rule.Window, dates(reading.Start, reading.End),
		thousands(max(s.rule.MinLabels, 1)), needs)
}

// maturity is told where it matters to the rule.
func (s stepping) maturity(reading Reading) string {
	switch {
	case s.rule.MinMaturity <= 0:
		return ""
	case reading.Maturity == nil:
		return ", maturity unknown"
	}
	return ", maturity " + percent(*reading.Maturity)
}

// stale begins the remark on a firing alarm that has lost its evidence.
const stale = "; still firing, without enough evidence since "

// remark adds the remark to the text of a firing alarm, or takes it off.
func remark(text string, known bool, now schemas.Instant) string {
	plain, _, remarked := strings.Cut(text, stale)
	switch {
	case known:
		return plain
	case remarked:
		return text
	}
	return plain + stale + now.String()
}

// sentence is the figure, how sure it is, of whom and when.
func (s stepping) sentence(memory schemas.AlarmMemory, reading Reading) string {
	m := reading.Metric
	return fmt.Sprintf("%s %s (%s%% %s–%s, n %s%s) of %s in %s %s",
		s.rule.Metric, figure(m.Value), strconv.FormatFloat(s.rule.Confidence*100, 'g', 6, 64),
		figure(m.Low), figure(m.High), thousands(m.N), s.coverage(reading),
		s.whose(memory), s.rule.Window, dates(reading.Start, reading.End))
}

// coverage is told, with the maturity where that matters, of what scores have it.
func (s stepping) coverage(reading Reading) string {
	if s.rule.OfLabels() {
		return ""
	}
	return ", coverage " + percent(reading.Coverage) + s.maturity(reading)
}

func (s stepping) side() string {
	bound, below := s.rule.Bound()
	if below {
		return "below " + number(bound)
	}
	return "above " + number(bound)
}

func (s stepping) whose(memory schemas.AlarmMemory) string {
	whose := s.model
	if s.rule.Feed != Silent && !s.rule.OfLabels() {
		whose += "@" + memory.Version
	}
	if memory.Segment != "" {
		whose += " " + memory.Segment
	}
	return whose
}

func shout(state schemas.AlarmState) string {
	switch state {
	case schemas.OK:
		return "OK"
	case schemas.Pending:
		return "PENDING"
	case schemas.Firing:
		return "FIRING"
	case schemas.Resolved:
		return "RESOLVED"
	}
	return "UNKNOWN"
}

func figure(x float64) string { return strconv.FormatFloat(x, 'f', 3, 64) }
func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// percent rounds down: a coverage that is short of a floor never reads as if it reached it.
func percent(share float64) string {
	return strconv.FormatFloat(math.Floor(share*1000+1e-9)/10, 'f', -1, 64) + " %"
}

// span writes 10m0s as 10m and 48h0m0s as 2d.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	if d != 0 && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// dates writes the bounds of a window with no more of the clock than they need.
func dates(start, end schemas.Instant) string {
	layout := time.DateOnly
	for _, at := range []schemas.Instant{start, end} {
		switch {
		case at.Floor(time.Minute) != at:
			layout = time.RFC3339Nano
		case at.Floor(24*time.Hour) != at && layout == time.DateOnly:
			layout = "2006-01-02T15:04Z"
		}
	}
	return start.Time().Format(layout) + "…" + end.Time().Format(layout)
}
