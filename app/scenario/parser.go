package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"hindsight/app/config"
	"hindsight/schemas"
)

// Bounds on what a file may ask for, so that a slip is a fault and no endless run.
const (
	maxPartitions = 64
	maxBlock      = 100_000 // records of one line
	maxRecords    = 1_000_000
)

// parser reads a file line by line, and goes on after a fault.
type parser struct {
	*Scenario
	line    int
	words   []word // left of the line
	faults  config.Faults
	begun   bool // something has happened: what it rests on is fixed
	oneTime bool // a label has no time but its record's
	ended   map[source]bool
	records int
}

func (p *parser) faultf(problem string, args ...any) {
	p.faults = append(p.faults, config.Fault{File: p.Name, Line: p.line, Problem: fmt.Sprintf(problem, args...)})
}

func (p *parser) fault(err error) { p.faultf("%v", err) }

// statement reads one line.
func (p *parser) statement(line string) {
	words, err := split(line)
	if err != nil {
		p.fault(err)
		return
	}
	if len(words) == 0 {
		return
	}
	p.words = words
	s := step{line: p.line}
	if s.act, s.expect, err = p.either(); err == nil && len(p.words) > 0 {
		err = fmt.Errorf("%q is not understood here", p.words[0].text)
	}
	if err != nil {
		p.fault(err)
		return
	}
	if s.act != nil || s.expect != nil {
		p.steps = append(p.steps, s)
		p.begun = true
	}
}

// either reads something that happens or something that is expected.
func (p *parser) either() (action, *expectation, error) {
	if n, err := strconv.Atoi(p.words[0].text); err == nil && !p.words[0].quoted {
		p.words = p.words[1:]
		if n < 1 || n > maxBlock {
			return nil, nil, fmt.Errorf("%d is not from 1 to %d", n, maxBlock)
		}
		return p.block(n)
	}
	first := p.take()
	switch first.text {
	case "date", "partitions", "classes":
		if p.begun {
			return nil, nil, fmt.Errorf("%s must stand before the first record", first.text)
		}
		return nil, nil, p.setting(first.text)
	case "score":
		a, err := p.score(1)
		return a, nil, err
	case "label":
		a, err := p.label(1)
		return a, nil, err
	case "clock", "idle", "wait", "end", "now":
		a, err := p.passing(first.text)
		return a, nil, err
	}
	e, err := p.expectation(first.text)
	return nil, e, err
}

// block reads a line that begins with a number.
func (p *parser) block(n int) (action, *expectation, error) {
	what := p.take()
	switch what.text {
	case "score", "scores":
		a, err := p.score(n)
		return a, nil, err
	case "label", "labels":
		a, err := p.label(n)
		return a, nil, err
	case "outcome", "outcomes", "fate", "fates":
		e, err := p.counted(strings.TrimSuffix(what.text, "s"), n)
		return nil, e, err
	}
	return nil, nil, fmt.Errorf("after a number stands scores, labels, outcomes or fates, not %q", what.text)
}

// setting reads what the rest of the file rests on.
func (p *parser) setting(what string) error {
	switch what {
	case "date":
		at, rest, err := p.almanac.time(p.words)
		if err != nil || at.Floor(day) != at || strings.HasPrefix(p.words[0].text, "+") {
			return fmt.Errorf("date is followed by the date of day 0, such as 2019-03-01")
		}
		p.words, p.almanac = rest, almanac{at, true}
	case "classes":
		if len(p.words) < 2 {
			return fmt.Errorf("classes is followed by the negative and the positive class, as in: classes good bad threshold 0.3")
		}
		p.classes = [2]string{schemas.Canonical(p.take().text), schemas.Canonical(p.take().text)}
		if p.skip("threshold") {
			var err error
			if p.threshold, err = p.number("threshold"); err != nil {
				return err
			}
		}
	case "partitions":
		for len(p.words) > 0 {
			topic := p.take().text
			to := map[string]*int32{"events": &p.partitions.events, "labels": &p.partitions.labels}[topic]
			n, err := strconv.Atoi(p.take().text)
			if to == nil || err != nil || n < 1 || n > maxPartitions {
				return fmt.Errorf("partitions is followed by numbers from 1 to %d, as in: partitions events 2 labels 3", maxPartitions)
			}
			*to = int32(n)
		}
	}
	return nil
}

// take takes the next word; it is empty where the line has ended.
func (p *parser) take() (w word) {
	if len(p.words) > 0 {
		w, p.words = p.words[0], p.words[1:]
	}
	return w
}

// skip takes the next word where it is the keyword.
func (p *parser) skip(keyword string) bool {
	if len(p.words) == 0 || !p.words[0].is(keyword) {
		return false
	}
	p.words = p.words[1:]
	return true
}

func (p *parser) text(what string) (string, error) {
	if len(p.words) == 0 {
		return "", fmt.Errorf("%s is missing", what)
	}
	return p.take().text, nil
}

func (p *parser) number(what string) (float64, error) {
	text, err := p.text(what)
	if err != nil {
		return 0, err
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f-f != 0 {
		return 0, fmt.Errorf("%s: %q is no number", what, text)
	}
	return f, nil
}

func (p *parser) duration(what string) (time.Duration, error) {
	text, err := p.text(what)
	if err != nil {
		return 0, err
	}
	d, err := config.ParseDuration(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%s: %q %w", what, text, err)
	case d < 0:
		return 0, fmt.Errorf("%s: %q is negative", what, text)
	}
	return d, nil
}

func (p *parser) time() (at schemas.Instant, err error) {
	at, p.words, err = p.almanac.time(p.words)
	return at, err
}
