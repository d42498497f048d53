package audit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Law names one of the groups of checks.
type Law string

// The laws.
const (
	Records      Law = "records"      // what stands on our topics is ours, readable and in its place
	Conservation Law = "conservation" // each event one score or dead letter, each score one outcome or pending, each label one fate or waiting
	Uniqueness   Law = "uniqueness"   // nothing twice, and revisions without gaps
	Fold         Law = "fold"         // slices are the sums of outcomes, windows are the sums of slices
	Alarms       Law = "alarms"       // each alarm lives a legal life, told once
	Commits      Law = "commits"      // what the commits say is what the topics hold
)

// Laws returns all of them, in the order of reports.
func Laws() []Law { return []Law{Records, Conservation, Uniqueness, Fold, Alarms, Commits} }

// Position is where a record stands. Partition or Offset -1: there is none.
type Position struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
}

// String writes topic/partition@offset.
func (p Position) String() string {
	if p.Partition < 0 {
		return p.Topic
	}
	if p.Offset < 0 {
		return fmt.Sprintf("%s/%d", p.Topic, p.Partition)
	}
	return fmt.Sprintf("%s/%d@%d", p.Topic, p.Partition, p.Offset)
}

// Violation is one breach of a law.
type Violation struct {
	Law  Law      `json:"law"`
	Rule string   `json:"rule"` // a short fixed name: event-lost, score-twice, …
	ID   string   `json:"id"`   // of the event or alarm, "" where it is about none
	At   Position `json:"at"`
	Text string   `json:"text"` // what is wrong, for a person
}

// Verdict is what one law came to.
type Verdict struct {
	Law     Law              `json:"law"`
	Checked map[string]int64 `json:"checked"` // how much was checked, by what
	// Violations counts all of them by rule; Shown are the first of each rule.
	Violations map[string]int64 `json:"violations"`
	Shown      []Violation      `json:"shown"`
}

// Total is how often the law was broken.
func (v *Verdict) Total() (n int64) {
	for _, k := range v.Violations {
		n += k
	}
	return n
}

// Report is what an audit found.
type Report struct {
	Laws []*Verdict `json:"laws"`
	// Notes say what could not be checked and why, and what is strange but no breach.
	Notes []string `json:"notes"`
}

// Violations is how many there are of all laws.
func (r *Report) Violations() (n int64) {
	for _, v := range r.Laws {
		n += v.Total()
	}
	return n
}

// Broken returns the rules that were broken, sorted.
func (r *Report) Broken() []string {
	var rules []string
	for _, v := range r.Laws {
		rules = append(rules, slices.Collect(maps.Keys(v.Violations))...)
	}
	slices.Sort(rules)
	return rules
}

// book collects what the checks find.
type book struct {
	limit int // of violations shown, of each rule
	laws  map[Law]*Verdict
	notes map[string]map[Position]bool // by text; where it holds
}

func newBook(limit int) book {
	b := book{limit: limit, laws: map[Law]*Verdict{}, notes: map[string]map[Position]bool{}}
	for _, l := range Laws() {
		b.laws[l] = &Verdict{Law: l, Checked: map[string]int64{}, Violations: map[string]int64{}, Shown: []Violation{}}
	}
	return b
}

func (b *book) checked(l Law, what string, n int64) { b.laws[l].Checked[what] += n }

func (b *book) broken(l Law, rule, id string, at Position, format string, args ...any) {
	v := b.laws[l]
	v.Violations[rule]++
	if v.Violations[rule] <= int64(b.limit) {
		v.Shown = append(v.Shown, Violation{l, rule, id, at, fmt.Sprintf(format, args...)})
	}
}

func (b *book) note(format string, args ...any) { b.notes[fmt.Sprintf(format, args...)] = nil }

// noteAt is note for one of several places, which are told together.
func (b *book) noteAt(at Position, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if b.notes[text] == nil {
		b.notes[text] = map[Position]bool{}
	}
	b.notes[text][at] = true
}

func (b *book) told() []string {
	lines := []string{}
	for text, places := range b.notes {
		var at []string
		for _, p := range slices.SortedFunc(maps.Keys(places), func(x, y Position) int {
			return cmp.Or(cmp.Compare(x.Topic, y.Topic), cmp.Compare(x.Partition, y.Partition), cmp.Compare(x.Offset, y.Offset))
		}) {
			at = append(at, p.String())
		}
		if len(at) > 0 {
			text = strings.Join(at, ", ") + ": " + text
		}
		lines = append(lines, text)
	}
	slices.Sort(lines)
	return lines
}

func (b *book) report() *Report {
	r := &Report{Notes: b.told()}
	for _, l := range Laws() {
		v := b.laws[l]
		slices.SortStableFunc(v.Shown, func(x, y Violation) int { return cmp.Compare(x.Rule, y.Rule) })
		r.Laws = append(r.Laws, v)
	}
	return r
}
