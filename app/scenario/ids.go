package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"hindsight/schemas"
)

// ids are the event ids of a line: one, or a prefix that is counted on.
type ids struct {
	text  string // the id, or the prefix
	first int
	n     int
}

func (s ids) id(i int) string {
	if s.n == 1 {
		return s.text
	}
	return s.text + strconv.Itoa(s.first+i)
}

// atMost refuses more words than ids take in turn: a misspelt keyword is read as
// one, and those after it.
func (s ids) atMost(what string, words []string) error {
	if len(words) <= s.n {
		return nil
	}
	count := "one id"
	if s.n > 1 {
		count = fmt.Sprintf("%d ids", s.n)
	}
	return fmt.Errorf("%d %s for %s: %q is too many, or a misspelt word; the words are at, every, after, weight, arrives, on, predicts, segment, version",
		len(words), what, count, words[s.n])
}

func (p *parser) ids(n int) (ids, error) {
	if len(p.words) == 0 {
		return ids{}, fmt.Errorf("the event id is missing")
	}
	w := p.take()
	s := ids{text: w.text, first: 1, n: n}
	if p.records += n; p.records > maxRecords {
		return s, fmt.Errorf("a scenario has at most %d records", maxRecords)
	}
	if n == 1 {
		return s, nil
	}
	prefix, ok := strings.CutSuffix(w.text, "*")
	if !ok {
		return s, fmt.Errorf("the ids of a block end in *, as in: 100 scores a* 0.9 at 10:00 every 1m")
	}
	if s.text = prefix; p.skip("from") {
		f, err := p.number("from")
		if err != nil || f != float64(int(f)) || f < 0 {
			return s, fmt.Errorf("from is followed by the number of the first id")
		}
		s.first = int(f)
	}
	return s, nil
}

// cycle reads the words up to the next keyword, which records take in turn;
// WORDxN is N times WORD.
func (p *parser) cycle() ([]string, error) {
	var all []string
	for len(p.words) > 0 && (p.words[0].quoted || !isKey(p.words[0].text)) {
		w, times := p.take(), 1
		if text, count, ok := cutLast(w.text, "x"); ok && !w.quoted && text != "" {
			if n, err := strconv.Atoi(count); err == nil {
				if n < 1 || n > maxBlock {
					return nil, fmt.Errorf("%q repeats from 1 to %d times", w.text, maxBlock)
				}
				w.text, times = text, n
			}
		}
		if len(all)+times > maxBlock {
			return nil, fmt.Errorf("a line has at most %d values", maxBlock)
		}
		for range times {
			all = append(all, w.text)
		}
	}
	return all, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// moments are when the records of a line stand where.
type moments struct {
	at      schemas.Instant
	every   time.Duration
	after   *time.Duration   // labels: since their events
	arrives *schemas.Instant // nil: as at
	on      []int32          // partitions, in turn; nil: by themselves
}

// moment reads one of the words that say when and where; ok is false where the
// next word is none of them.
func (p *parser) moment(m *moments, labels bool) (ok bool, err error) {
	switch {
	case p.skip("at"):
		m.at, err = p.time()
	case p.skip("every"):
		m.every, err = p.duration("every")
	case labels && p.skip("after"):
		var d time.Duration
		d, err = p.duration("after")
		m.after = &d
	case p.skip("arrives"):
		var at schemas.Instant
		at, err = p.time()
		m.arrives = &at
	case p.skip("on"):
		for len(p.words) > 0 && !isKey(p.words[0].text) {
			n, bad := strconv.Atoi(p.take().text)
			most := p.partitions.events
			if labels {
				most = p.partitions.labels
			}
			if bad != nil || n < 0 || n >= int(most) {
				return true, fmt.Errorf("on is followed by partitions from 0 to %d; say how many there are first, as in: partitions events 2 labels 2", most-1)
			}
			if p.ended[source{labels, int32(n)}] {
				return true, fmt.Errorf("that source has ended above")
			}
			m.on = append(m.on, int32(n))
		}
		if m.on == nil {
			return true, fmt.Errorf("on is followed by a partition")
		}
	default:
		return false, nil
	}
	return true, err
}

// isKey reports whether a word has a meaning of its own where values may stand.
func isKey(text string) bool {
	switch text {
	case "at", "every", "after", "weight", "arrives", "on", "from", "predicts", "segment", "version", "rev", "was", "by", "arrived", "says", "value", "label", "predicted":
		return true
	}
	return false
}
