package scenario

import (
	"strings"

	"hindsight/app/config"
	"hindsight/schemas"
)

// Scenario is one file, understood.
type Scenario struct {
	Name string

	config     *config.Config
	lines      []string // as they stand in the file
	almanac    almanac
	classes    [2]string // negative, positive
	threshold  float64
	partitions struct{ events, labels int32 }
	steps      []step
}

// step is one line: something that happens, or something that is expected.
type step struct {
	line   int
	act    action       // nil: expect
	expect *expectation // nil: act
}

// action is something that happens.
type action interface{ apply(w *world) error }

// Parse reads a scenario. Its rules stand before a line `---`, as the keys of a
// configuration; base is the configuration of files that have none of their
// own, or nil. Relative paths in the rules are taken from dir. The error holds
// every fault at once as config.Faults.
func Parse(name string, text []byte, dir string, base *config.Config) (*Scenario, error) {
	p := &parser{Scenario: &Scenario{
		Name: name, lines: strings.Split(string(text), "\n"), almanac: newAlmanac(), classes: [2]string{"0", "1"}, threshold: 0.5,
	}}
	p.partitions.events, p.partitions.labels = 1, 1
	body := p.rules(dir, base)
	if p.config == nil {
		return nil, p.faults
	}
	for i := body; i < len(p.lines); i++ {
		p.line = i + 1
		p.statement(p.lines[i])
	}
	if len(p.faults) > 0 {
		return nil, p.faults
	}
	return p.Scenario, nil
}

// rules reads what stands before the line ---, and returns the index of the line after it.
func (p *parser) rules(dir string, base *config.Config) (body int) {
	cfg, header := base, false
	for i, line := range p.lines {
		if strings.TrimRight(line, " \t\r") != "---" {
			continue
		}
		var err error
		if cfg, err = config.ParseAs([]byte(strings.Join(p.lines[:i], "\n")), p.Name, dir); err != nil {
			if faults, ok := err.(config.Faults); ok {
				p.faults = append(p.faults, faults...)
			} else {
				p.fault(err)
			}
			return 0
		}
		body, header = i+1, true
		break
	}
	switch p.line = max(body, 1); {
	case cfg == nil:
		p.faultf("has no rules: begin it with keys of a configuration, at least `labels: {horizon: 14d}`, and a line ---, or name a configuration with -c")
		return 0
	case cfg.Labels.Horizon <= 0:
		p.faultf("its rules do not say labels.horizon: how long a score waits for its label, such as 14d")
		return 0
	}
	complete := *cfg
	p.config = &complete
	if f := cfg.Scores; f.Foreign() { // a scenario's scores come by way of events
		e := &complete.Events
		e.Segments, e.Clock, e.MaxSkew, e.Oldest = f.Segments, f.Clock, f.MaxSkew, f.Oldest
		complete.Model.Champion, p.threshold = f.Model+"@"+config.Unversioned, f.Threshold
		if len(f.Classes) == 2 {
			p.classes = [2]string{schemas.Canonical(f.Classes[0]), schemas.Canonical(f.Classes[1])}
		}
		complete.Scores = config.Scores{Partitioner: f.Partitioner}
	}
	p.oneTime = !header && cfg.Labels.Time == ""
	for _, d := range []struct {
		text *string
		or   string
	}{{&complete.Events.Topic, "events"}, {&complete.Labels.Topic, "labels"}, {&complete.Model.Champion, "model@1"}} {
		if *d.text == "" {
			*d.text = d.or
		}
	}
	return body
}

// model is the name and the version of the champion.
func (s *Scenario) model() (name, version string) {
	name, version, _ = strings.Cut(s.config.Model.Champion, "@")
	return name, version
}

// class decides as a model does: by its threshold on the positive class.
func (s *Scenario) class(value float64) string {
	if value >= s.threshold {
		return s.classes[1]
	}
	return s.classes[0]
}

// source names one partition of events or labels.
type source struct {
	labels    bool
	partition int32
}

func (s *Scenario) sources() []source {
	var all []source
	for p := range s.partitions.events {
		all = append(all, source{false, p})
	}
	for p := range s.partitions.labels {
		all = append(all, source{true, p})
	}
	return all
}

func (s *Scenario) topic(of source) string {
	if of.labels {
		return s.config.Labels.Topic
	}
	return s.config.Events.Topic
}

func (s *Scenario) at(i schemas.Instant) string { return s.almanac.format(i) }
