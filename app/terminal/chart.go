package terminal

import (
	"math"
	"slices"
	"strings"
	"time"

	"hindsight/dashboard"
	"hindsight/schemas"
)

// axis is the width of the labels left of the chart.
const axis = 7

// chart draws the headline's line of windows: the figure as a line (broken
// where provisional), its interval as a shade, the rules' bounds, and one row
// that tells when an alarm was pending or firing. It fills height rows.
func chart(s dashboard.Snapshot, width, height int) []row {
	key, metric, ok := s.Headline()
	line := told(s.Series(key))
	plotHeight := height - 2 // the alarm row and the time row
	if !ok || len(line) < 2 || plotHeight < 2 || width < axis+20 {
		return nil
	}
	p := newPlot(line, metric, boundsOf(s, key, metric), width-axis, plotHeight)
	p.shade()
	p.bounds()
	p.lines()
	rows := make([]row, 0, height)
	for y := range plotHeight {
		rows = append(rows, append(row{{p.label(y), dim}}, p.canvas.row(y)...))
	}
	return append(rows, p.alarms(s.Episodes(), key, metric), p.times())
}

// told leaves out the newest windows while they rest on less than half of their
// labels: the earliest are no fair sample, and would bend the picture.
func told(line []schemas.Window) []schemas.Window {
	for len(line) > 0 && line[len(line)-1].Coverage < 0.5 {
		line = line[:len(line)-1]
	}
	return line
}

func boundsOf(s dashboard.Snapshot, key dashboard.SeriesKey, metric string) []dashboard.Rule {
	return slices.DeleteFunc(slices.Clone(s.Rules), func(r dashboard.Rule) bool {
		return r.Window != key.Window || r.Metric != metric || !r.Covers(key.Segment)
	})
}

// plot maps windows to dots.
type plot struct {
	points    []schemas.Window
	metric    string
	rules     []dashboard.Rule
	canvas    *canvas
	from, to  schemas.Instant
	low, high float64
}

func newPlot(line []schemas.Window, metric string, rules []dashboard.Rule, width, height int) *plot {
	p := &plot{points: line, metric: metric, rules: rules, canvas: newCanvas(width, height),
		from: line[0].End, to: max(line[len(line)-1].End, line[0].End+1)}
	var values []float64
	for _, r := range rules {
		values = append(values, r.Bound)
	}
	for _, w := range line {
		if m := dashboard.MetricOf(w, metric); drawable(m) {
			values = append(values, m.Value)
		}
	}
	if len(values) == 0 {
		values = []float64{0, 1}
	}
	p.low, p.high = slices.Min(values), slices.Max(values)
	pad := 0.08 * (p.high - p.low)
	if pad == 0 {
		pad = 0.05
	}
	p.low, p.high = p.low-pad, p.high+pad
	return p
}

func drawable(m schemas.Metric) bool {
	return m.Undefined == "" && !math.IsNaN(m.Value) && !math.IsInf(m.Value, 0)
}

// x is the dot column of an instant.
func (p *plot) x(at schemas.Instant) int {
	return int(float64(at-p.from) / float64(p.to-p.from) * float64(2*p.canvas.width-1))
}

// y is the dot row of a value, which may lie outside.
func (p *plot) y(v float64) int {
	rows := float64(4*p.canvas.height - 1)
	return int(math.Round(min(max((p.high-v)/(p.high-p.low), -1), 2) * rows))
}

// sample is a figure that can be drawn.
type sample struct {
	schemas.Metric
	end         schemas.Instant
	provisional bool
}

// runs cuts the windows where no line must be drawn: at an undefined figure, or
// over a hole much longer than the usual step.
func (p *plot) runs() [][]sample {
	var runs [][]sample
	gap := 4 * p.step()
	broken := true
	for _, w := range p.points {
		m := dashboard.MetricOf(w, p.metric)
		if !drawable(m) {
			broken = true
			continue
		}
		s := sample{m, w.End, w.State == schemas.Provisional}
		if last := len(runs) - 1; !broken && s.end.Sub(runs[last][len(runs[last])-1].end) <= gap {
			runs[last] = append(runs[last], s)
		} else {
			runs = append(runs, []sample{s})
		}
		broken = false
	}
	return runs
}

// step is the usual distance of two windows.
func (p *plot) step() time.Duration {
	var steps []time.Duration
	for i := 1; i < len(p.points); i++ {
		steps = append(steps, p.points[i].End.Sub(p.points[i-1].End))
	}
	slices.Sort(steps)
	return max(steps[len(steps)/2], time.Microsecond)
}

func (p *plot) lines() {
	for _, run := range p.runs() {
		before := run[0]
		for _, s := range run {
			p.canvas.line(p.x(before.end), p.y(before.Value), p.x(s.end), p.y(s.Value), s.provisional)
			before = s
		}
	}
}

// shade fills the cells between the interval's ends.
func (p *plot) shade() {
	for _, run := range p.runs() {
		before := run[0]
		for _, s := range run {
			from, to := p.x(before.end)/2, p.x(s.end)/2
			for x := from; x <= to; x++ {
				share := 1.0
				if to > from {
					share = float64(x-from) / float64(to-from)
				}
				p.shadeColumn(x, mix(before.Low, s.Low, share), mix(before.High, s.High, share))
			}
			before = s
		}
	}
}

func (p *plot) shadeColumn(x int, low, high float64) {
	if math.IsNaN(low) || math.IsNaN(high) {
		return
	}
	for y := max(p.y(high)/4, 0); y <= min(p.y(low)/4, p.canvas.height-1); y++ {
		p.canvas.put(x, y, span{"░", dim})
	}
}

func mix(a, b, share float64) float64 { return a*(1-share) + b*share }

func (p *plot) bounds() {
	for _, r := range p.rules {
		for x := range p.canvas.width {
			p.canvas.put(x, p.y(r.Bound)/4, span{"╌", red})
		}
	}
}

// label is the value left of a row: the bounds', the top and the bottom one.
func (p *plot) label(y int) string {
	for _, r := range p.rules {
		if p.y(r.Bound)/4 == y {
			return pad(figure(r.Bound), axis-2) + " ┤"
		}
	}
	if y == 0 || y == p.canvas.height-1 {
		rows := float64(p.canvas.height)
		return pad(figure(p.high-(float64(y)+0.5)/rows*(p.high-p.low)), axis-2) + " ┤"
	}
	return strings.Repeat(" ", axis-1) + "│"
}

// alarms is the row that tells when an alarm of this line was pending (▁) or
// firing (█).
func (p *plot) alarms(episodes []dashboard.Episode, key dashboard.SeriesKey, metric string) row {
	cells := slices.Repeat([]span{{"─", dim}}, p.canvas.width)
	mark := func(from, to schemas.Instant, s span) {
		for x := max(p.x(max(from, p.from))/2, 0); x <= min(p.x(min(to, p.to))/2, p.canvas.width-1); x++ {
			cells[x] = s
		}
	}
	for _, e := range episodes {
		a := e.Last
		if a.Window != key.Window || a.Version != key.Version || a.Segment != key.Segment || a.Metric != metric ||
			e.Until < p.from || e.Since > p.to {
			continue
		}
		mark(e.Since, min(e.Until, e.Fired), span{"▁", yellow})
		if e.Fired <= p.to {
			mark(e.Fired, e.Until, span{"█", red})
		}
	}
	r := row{{" alarm ", dim}}
	for _, c := range cells {
		if last := &r[len(r)-1]; last.style == c.style && len(r) > 1 {
			last.text += c.text
		} else {
			r = append(r, c)
		}
	}
	return r
}

// times is the row of the first and last instant.
func (p *plot) times() row {
	first, last := moment(p.from), moment(p.to)
	space := p.canvas.width - len(first) - len(last)
	if space < 1 {
		return row{{strings.Repeat(" ", axis) + first, dim}}
	}
	return row{{strings.Repeat(" ", axis) + first + strings.Repeat(" ", space) + last, dim}}
}

func pad(text string, width int) string {
	return strings.Repeat(" ", max(0, width-len([]rune(text)))) + text
}
