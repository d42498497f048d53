package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// Failure is where what came is not what was expected.
type Failure struct {
	Line int // 1-based
	Diff []string
}

// checker compares the expectations of a file with what came, block by block,
// and notes how the file would have to read.
type checker struct {
	w        *world
	listed   map[string]bool // families of which the file lists everything
	failures []Failure
	edits    map[int][]string // line → what stands in its place
	appends  map[int][]string // line → what follows it
}

func newChecker(w *world) *checker {
	k := &checker{w: w, listed: map[string]bool{"dead-letter": true}, edits: map[int][]string{}, appends: map[int][]string{}}
	for _, s := range w.steps {
		if s.expect != nil {
			k.listed[s.expect.family()] = true
		}
	}
	return k
}

// block checks the expectations that stand together.
func (k *checker) block(steps []step) {
	for _, family := range []string{"outcome", "alarm", "dead-letter"} {
		if mine := slices.DeleteFunc(slices.Clone(steps), func(s step) bool { return s.expect.family() != family }); len(mine) > 0 {
			k.list(mine, k.came(family))
		}
	}
	for _, s := range steps {
		switch s.expect.word {
		case "window":
			k.window(s)
		case "ledger":
			k.same(s, k.w.ledger(s.expect.subject))
		case "closed":
			k.same(s, k.w.closed())
		}
	}
}

// end checks that nothing came that no block lists.
func (k *checker) end() {
	last := len(k.w.lines)
	for last > 1 && strings.TrimSpace(k.w.lines[last-1]) == "" {
		last--
	}
	for _, family := range []string{"dead-letter", "outcome", "alarm"} {
		if k.listed[family] {
			k.list([]step{{line: last, expect: &expectation{word: family, none: true}}}, k.came(family))
		}
	}
}

// came takes what came of a family since it was listed last.
func (k *checker) came(family string) (lines []*line) {
	w := k.w
	switch family {
	case "outcome":
		for _, o := range w.pending() {
			lines = append(lines, w.outcome(&o))
		}
		w.outcomes = nil
	case "alarm":
		for _, a := range w.watch.alarms[w.watch.shown:] {
			lines = append(lines, w.alarm(&a))
		}
		w.watch.shown = len(w.watch.alarms)
	default:
		for _, d := range w.dead {
			lines = append(lines, d.line())
		}
		w.dead = nil
	}
	return lines
}

// list compares lines of one family, which must be all that came. Those about
// one subject stand in the order in which they came.
func (k *checker) list(steps []step, came []*line) {
	used := make([]bool, len(came))
	next := map[string]int{}
	var missed []step
	for _, s := range steps {
		e := s.expect
		if e.none || e.n > 0 {
			continue
		}
		i := slices.IndexFunc(came[next[e.subject]:], func(l *line) bool { return l.answers(e) })
		if i < 0 {
			missed = append(missed, s)
			continue
		}
		next[e.subject] += i + 1
		used[next[e.subject]-1] = true
	}
	for _, s := range steps {
		if s.expect.n > 0 && !k.count(s, came, used) {
			missed = append(missed, s)
		}
	}
	var left []*line
	for i, l := range came {
		if !used[i] {
			left = append(left, l)
		}
	}
	if len(missed)+len(left) > 0 {
		k.differ(steps, missed, left)
	}
}

// answers reports whether a record is the one that a line means. A line that
// names no segment means the whole.
func (l *line) answers(e *expectation) bool {
	if l.word != e.word || l.subject != e.subject || !l.meets(e.wants) {
		return false
	}
	_, said := e.want("segment")
	return said || l.fact("segment") == nil
}

// count takes the records that a counting line means, if it is their number.
func (k *checker) count(s step, came []*line, used []bool) bool {
	var mine []int
	for i, l := range came {
		if !used[i] && l.word == s.expect.word && strings.HasPrefix(l.subject, s.expect.subject) && l.meets(s.expect.wants) {
			mine = append(mine, i)
		}
	}
	for _, i := range mine {
		used[i] = true
	}
	if len(mine) == s.expect.n {
		return true
	}
	k.edits[s.line] = nil
	if len(mine) > 0 {
		k.edits[s.line] = []string{recount(k.w.lines[s.line-1], len(mine))}
	}
	return false
}

// recount puts another number into a counting line.
func recount(text string, n int) string {
	indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
	_, rest, _ := strings.Cut(strings.TrimLeft(text, " \t"), " ")
	return fmt.Sprintf("%s%d %s", indent, n, rest)
}

// differ notes a failure of a list: what was missed, and what came instead.
func (k *checker) differ(steps, missed []step, left []*line) {
	f := Failure{Line: steps[0].line}
	if len(missed) > 0 {
		f.Line = missed[0].line
	}
	for _, s := range missed {
		f.Diff = append(f.Diff, "- "+strings.TrimSpace(k.w.lines[s.line-1]))
		if s.expect.n > 0 {
			for _, l := range k.edits[s.line] {
				f.Diff = append(f.Diff, "+ "+strings.TrimSpace(l))
			}
			continue
		}
		k.edits[s.line] = nil
		i := slices.IndexFunc(left, func(l *line) bool { return l.word == s.expect.word && l.subject == s.expect.subject })
		if i < 0 {
			continue
		}
		k.edits[s.line] = []string{left[i].write(s.expect.asked(), false)}
		f.Diff = append(f.Diff, "+ "+left[i].write(s.expect.wants, true))
		left = slices.Delete(left, i, i+1)
	}
	last := steps[len(steps)-1]
	for _, s := range steps {
		if s.expect.none && s.expect.word != s.expect.family() && len(left) > 0 {
			k.edits[s.line] = nil // no outcomes: there are
		}
	}
	for i, l := range left {
		k.appends[last.line] = append(k.appends[last.line], l.write(nil, true))
		switch {
		case i < 20:
			f.Diff = append(f.Diff, "+ "+l.write(nil, true))
		case i == 20:
			f.Diff = append(f.Diff, fmt.Sprintf("+ … and %d more", len(left)-20))
		}
	}
	if k.emptied(steps) && len(left) == 0 && last.expect.family() != "dead-letter" {
		k.edits[last.line] = []string{"no " + last.expect.family() + "s"}
	}
	k.failures = append(k.failures, f)
}

// emptied reports whether the edits leave nothing of a list.
func (k *checker) emptied(steps []step) bool {
	return !slices.ContainsFunc(steps, func(s step) bool {
		edit, edited := k.edits[s.line]
		return !edited || len(edit) > 0
	})
}

// asked are the facts that a corrected line still says: those, what became of
// the subject, and the segment.
func (e *expectation) asked() []want {
	return append(slices.Clone(e.wants), want{key: "kind"}, want{key: "truth"}, want{key: "state"}, want{key: "segment"})
}

// window checks the last publication of a window.
func (k *checker) window(s step) {
	e := s.expect
	start, _ := e.want("start")
	segment, _ := e.want("segment")
	version, _ := e.want("version")
	var found []*line
	for _, x := range k.w.watch.latest(e.subject, segment) {
		if l := k.w.window(&x); l.fact("start").text == start && (version == "" || version == x.Version) {
			found = append(found, l)
		}
	}
	switch {
	case len(found) == 0 && e.none:
	case len(found) == 0:
		k.replace(s, "no window "+quoteName(e.subject)+" "+start)
	case len(found) > 1:
		k.replace(s)
		for _, l := range found {
			l.fact("version").shown = true
			k.edits[s.line] = append(k.edits[s.line], l.write(nil, true))
		}
	case e.none:
		k.replace(s, found[0].write(nil, true))
	default:
		k.same(s, found[0])
	}
}

// same checks a line about how things stand. A ledger says everything.
func (k *checker) same(s step, l *line) {
	wants := s.expect.wants
	if l.word == "ledger" {
		wants = slices.DeleteFunc(slices.Clone(wants), func(w want) bool { return w.text == "0" })
	}
	if l.meets(wants) && (l.word != "ledger" || len(l.facts) == len(wants)) {
		return
	}
	k.replace(s, l.write(wants, l.word == "ledger"))
}

// replace notes a failure of one line.
func (k *checker) replace(s step, by ...string) {
	f := Failure{Line: s.line, Diff: []string{"- " + strings.TrimSpace(k.w.lines[s.line-1])}}
	for _, l := range by {
		f.Diff = append(f.Diff, "+ "+l)
	}
	k.edits[s.line] = by
	k.failures = append(k.failures, f)
}
