package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hindsight/app/config"
	"hindsight/schemas"
)

// scores are the scores of one line.
type scores struct {
	ids
	moments
	values   []float64
	predicts []string // the classes; nil: by value and threshold
	segments []schemas.Segment
	version  string
}

// score reads: ID VALUE... at TIME [every D] [arrives TIME] [on P...] [predicts CLASS...] [segment FIELD=VALUE] [version V].
func (p *parser) score(n int) (*scores, error) {
	s := &scores{}
	var err error
	if s.ids, err = p.ids(n); err != nil {
		return nil, err
	}
	values, err := p.cycle()
	if err != nil {
		return nil, err
	}
	for _, v := range values {
		f, err := strconv.ParseFloat(v, 64)
		if err != nil || f-f != 0 {
			return nil, fmt.Errorf("%q is no score; a score line reads: score ID 0.83 at 10:00", v)
		}
		s.values = append(s.values, f)
	}
	if err := s.atMost("values", values); err != nil {
		return nil, err
	}
	_, s.version = p.model()
	at := false
	for len(p.words) > 0 {
		at = at || p.words[0].is("at")
		switch ok, err := p.moment(&s.moments, false); {
		case err != nil:
			return nil, err
		case ok:
		case p.skip("predicts"):
			s.predicts, err = p.cycle()
			if err == nil && s.predicts == nil {
				err = fmt.Errorf("predicts is followed by a class")
			}
			if err == nil {
				err = s.atMost("classes", s.predicts)
			}
			if err != nil {
				return nil, err
			}
		case p.skip("version"):
			if s.version, err = p.text("version"); err != nil {
				return nil, err
			}
		case p.skip("segment"):
			if err := p.segment(s); err != nil {
				return nil, err
			}
		default:
			return s, nil // what is left is a fault of the line
		}
	}
	switch {
	case !at:
		return nil, fmt.Errorf("the event time is missing, as in: score a 0.83 at 10:00")
	case s.values == nil && s.predicts == nil:
		return nil, fmt.Errorf("what the model said is missing: a value, as in: score a 0.83 at 10:00, or predicts CLASS")
	case s.arrives != nil && p.config.Events.Clock != config.RecordClock:
		return nil, fmt.Errorf("arrives is the time of the record, which counts only with events.clock: record; the clock runs by the event times")
	}
	return s, nil
}

func (p *parser) segment(s *scores) error {
	field, value, ok := strings.Cut(p.take().text, "=")
	if !ok {
		return fmt.Errorf("segment is followed by FIELD=VALUE")
	}
	if !slices.Contains(p.config.Events.Segments, field) {
		return fmt.Errorf("segment %q is not among events.segments of the rules: add it there, as in: events: {segments: [%s]}", field, field)
	}
	s.segments = append(s.segments, schemas.Segment{Field: field, Value: value})
	return nil
}

// truths are the labels of one line.
type truths struct {
	ids
	moments
	classes []string
	weights []float64 // taken in turn; nil: each counts once
}

// label reads: ID TRUTH... at TIME | after D [every D] [weight W...] [arrives TIME] [on P...].
func (p *parser) label(n int) (*truths, error) {
	l := &truths{}
	var err error
	if l.ids, err = p.ids(n); err != nil {
		return nil, err
	}
	if l.classes, err = p.cycle(); err != nil {
		return nil, err
	}
	if l.classes == nil {
		return nil, fmt.Errorf("the truth is missing, as in: label a 1 at 12:00")
	}
	if err := l.atMost("truths", l.classes); err != nil {
		return nil, err
	}
	at := false
	for len(p.words) > 0 {
		at = at || p.words[0].is("at")
		if p.skip("weight") {
			if l.weights != nil {
				return nil, fmt.Errorf("weight is there twice; those of several labels follow one word, as in: 2 labels a* 1 at 12:00 weight 1 2.5")
			}
			if l.weights, err = p.weights(l.ids); err != nil {
				return nil, err
			}
			continue
		}
		if ok, err := p.moment(&l.moments, true); err != nil {
			return nil, err
		} else if !ok {
			return l, nil
		}
	}
	switch {
	case at == (l.after != nil):
		return nil, fmt.Errorf("a label has either a time, as in: label a 1 at 12:00, or one since its event, as in: label a 1 after 3d")
	case l.arrives != nil && p.oneTime:
		return nil, fmt.Errorf("arrives: the configuration has no labels.time, so the time of a label is that of its record")
	case l.arrives != nil && p.config.Labels.Clock != config.RecordClock:
		return nil, fmt.Errorf("arrives is the time of the record, which counts only with labels.clock: record; the clock runs by the label times")
	}
	return l, nil
}

func (p *parser) weights(of ids) (weights []float64, err error) {
	texts, err := p.cycle()
	if err == nil && texts == nil {
		err = fmt.Errorf("weight is followed by how much the label counts, as in: label a 1 weight 2.5 at 12:00")
	}
	for _, text := range texts {
		w, bad := strconv.ParseFloat(text, 64)
		if bad != nil {
			return nil, fmt.Errorf("%q is no weight", text)
		}
		weights = append(weights, w)
	}
	if err == nil {
		err = of.atMost("weights", texts)
	}
	return weights, err
}

// What passes without a record.
type (
	clocks struct { // sources show a stamp
		of []source
		at schemas.Instant
	}
	idles struct{ of []source } // sources are verified to have nothing to read
	waits struct{ d time.Duration }
	ends  struct{ of []source } // sources are read to their end
	wall  struct{ at schemas.Instant }
)

func (p *parser) passing(what string) (action, error) {
	switch what {
	case "wait":
		d, err := p.duration("wait")
		return waits{d}, err
	case "now":
		at, err := p.time()
		return wall{at}, err
	}
	of, err := p.named()
	if err != nil {
		return nil, err
	}
	for _, s := range of {
		if p.ended[s] {
			return nil, fmt.Errorf("that source has ended above")
		}
	}
	switch what {
	case "clock":
		at, err := p.time()
		return clocks{of, at}, err
	case "idle":
		return idles{of}, nil
	}
	if p.ended == nil {
		p.ended = map[source]bool{}
	}
	for _, s := range of {
		p.ended[s] = true
	}
	return ends{of}, nil
}

// named reads sources: events, labels, events/0, or nothing, which means all
// that have not ended.
func (p *parser) named() ([]source, error) {
	var of []source
	for len(p.words) > 0 {
		topic, partition, one := strings.Cut(p.words[0].text, "/")
		if topic != "events" && topic != "labels" {
			break
		}
		p.take()
		before := len(of)
		for _, s := range p.sources() {
			if s.labels == (topic == "labels") && (!one || strconv.Itoa(int(s.partition)) == partition) {
				of = append(of, s)
			}
		}
		if len(of) == before {
			return nil, fmt.Errorf("there is no source %s/%s: say how many there are first, as in: partitions events 2 labels 2", topic, partition)
		}
	}
	if of == nil {
		of = slices.DeleteFunc(p.sources(), func(s source) bool { return p.ended[s] })
	}
	return of, nil
}
