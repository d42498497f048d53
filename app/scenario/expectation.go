package scenario

import (
	"fmt"
	"slices"
	"strings"

	"hindsight/schemas"
)

// expectation is a line that says what must have come.
type expectation struct {
	word    string
	subject string
	n       int  // of a line that counts records, else 0
	none    bool // no outcomes, no alarms, no window
	wants   []want
}

// family is what is listed together: a file that lists one of a family lists all.
func (e *expectation) family() string {
	switch e.word {
	case "fate", "outcomes":
		return "outcome"
	case "alarms":
		return "alarm"
	case "dead-letters":
		return "dead-letter"
	}
	return e.word
}

func (p *parser) expectation(first string) (*expectation, error) {
	e := &expectation{word: first}
	switch first {
	case "no":
		return p.none()
	case "outcome", "fate", "alarm", "dead-letter", "window":
		if len(p.words) < 2 {
			return nil, fmt.Errorf("%s is followed by %s", first, map[string]string{
				"outcome": "ID KIND [TRUTH]", "fate": "ID TRUTH FATE", "alarm": "NAME STATE", "dead-letter": "ID CLASS", "window": "NAME START",
			}[first])
		}
		e.subject = p.take().text
		return e, p.wants(e)
	case "ledger":
		if e.subject = p.take().text; e.subject != "scores" && e.subject != "labels" {
			return nil, fmt.Errorf("ledger is followed by scores or labels, and what is where, as in: ledger scores matched 2 pending 1")
		}
		for len(p.words) > 0 {
			if err := p.known(e, p.take().text); err != nil {
				return nil, err
			}
		}
		return e, nil
	case "closed":
		if p.skip("never") {
			e.wants = []want{{"at", "never"}}
			return e, nil
		}
		return e, p.timed(e, "at")
	}
	return nil, fmt.Errorf("%q begins no line: a line begins with score, label, clock, idle, wait, end, now, date, partitions, classes, a number, or outcome, fate, window, alarm, ledger, closed, dead-letter, no", first)
}

// none reads: no outcomes | no alarms | no window NAME START.
func (p *parser) none() (*expectation, error) {
	e := &expectation{word: p.take().text, none: true}
	switch e.word {
	case "outcomes", "alarms":
		return e, nil
	case "window":
		if len(p.words) < 2 {
			return nil, fmt.Errorf("no window is followed by NAME START")
		}
		e.subject = p.take().text
		return e, p.wants(e)
	}
	return nil, fmt.Errorf("no is followed by outcomes, alarms or window")
}

// counted reads what n records have in common, after their ids.
func (p *parser) counted(word string, n int) (*expectation, error) {
	e := &expectation{word: word, n: n}
	var ok bool
	if e.subject, ok = strings.CutSuffix(p.take().text, "*"); !ok {
		return nil, fmt.Errorf("a number of records is followed by their ids, which end in *, as in: 100 outcomes a* matched")
	}
	return e, p.wants(e)
}

// bares are the words that stand without a key, in order.
func (e *expectation) bares() []string {
	switch e.word {
	case "outcome":
		return []string{"kind", "truth"}
	case "fate":
		return []string{"truth", "fate"}
	case "alarm":
		return []string{"state"}
	case "dead-letter":
		return []string{"class"}
	}
	return nil
}

// wants reads what is said after the subject.
func (p *parser) wants(e *expectation) error {
	bares := e.bares()
	if e.word == "window" {
		if err := p.timed(e, "start"); err != nil {
			return err
		}
	}
	for len(p.words) > 0 {
		w := p.take()
		switch {
		case !w.quoted && (e.isKey(w.text) || e.word == "window" && slices.Contains(p.config.Watch.Metrics, w.text)):
			if err := p.known(e, w.text); err != nil {
				return err
			}
		case e.word == "window" && slices.Contains([]string{"provisional", "mature", "final"}, w.text):
			e.wants = append(e.wants, want{"state", w.text})
		case len(bares) > 0:
			text := w.text
			if bares[0] == "truth" {
				text = schemas.Canonical(text)
			}
			if err := e.vocabulary(bares[0], text); err != nil {
				return err
			}
			e.wants = append(e.wants, want{bares[0], text})
			bares = bares[1:]
		default:
			return fmt.Errorf("%q is not understood here", w.text)
		}
	}
	if b := e.bares(); len(bares) > 0 && !(e.word == "outcome" && len(bares) < len(b)) {
		return fmt.Errorf("its %s is missing", bares[0])
	}
	return nil
}

// vocabulary refuses a word that nothing is ever called.
func (e *expectation) vocabulary(what, text string) error {
	var err error
	switch what {
	case "kind":
		var k schemas.Kind
		err = k.UnmarshalText([]byte(text))
	case "fate":
		var f schemas.Fate
		err = f.UnmarshalText([]byte(text))
	case "state":
		var s schemas.AlarmState
		err = s.UnmarshalText([]byte(text))
	}
	return err
}

// isKey reports whether a word of the line begins a pair of key and value.
func (e *expectation) isKey(text string) bool {
	switch e.word {
	case "outcome", "fate":
		return slices.Contains([]string{"was", "rev", "by", "at", "arrived", "version", "predicted", "value", "label", "weight"}, text)
	case "alarm":
		return slices.Contains([]string{"segment", "at", "value", "n", "coverage", "window", "start", "since", "version", "severity", "says"}, text)
	case "window":
		return slices.Contains([]string{"segment", "n", "scored", "coverage", "assumed", "unlabelled", "late", "maturity", "final-by", "version", "rev", "at"}, text)
	}
	return false
}

// known reads the value of a key.
func (p *parser) known(e *expectation, key string) error {
	if isTime(key) {
		return p.timed(e, key)
	}
	v, err := p.text(key)
	if err != nil {
		return err
	}
	if key == "was" || key == "predicted" {
		v = schemas.Canonical(v)
	}
	e.wants = append(e.wants, want{key, v})
	if len(p.words) > 0 && strings.Contains(p.words[0].text, "..") && isNumbers(p.words[0].text) {
		e.wants = append(e.wants, want{key + "..", p.take().text})
	}
	return nil
}

func (p *parser) timed(e *expectation, key string) error {
	at, err := p.time()
	e.wants = append(e.wants, want{key, p.at(at)})
	return err
}

func (e *expectation) want(key string) (string, bool) {
	for _, w := range e.wants {
		if w.key == key {
			return w.text, true
		}
	}
	return "", false
}
