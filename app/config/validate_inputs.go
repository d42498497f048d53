package config

import (
	"maps"
	"slices"
)

// mostBytes is the largest event that can still be a dead letter.
const mostBytes = 16 << 20

func (e *Events) validate(r *reporter) {
	unique(r, "events.segments", e.Segments)
	if e.MaxSkew < 0 {
		r.fault("events.max_skew", FormatDuration(e.MaxSkew), "must be 0 or more")
	}
	if e.MaxBytes <= 0 || e.MaxBytes > mostBytes {
		r.fault("events.max_bytes", e.MaxBytes.String(), "must be more than 0 and at most %s", Size(mostBytes))
	}
}

func (l *Labels) validate(r *reporter, segments []string) {
	if l.Horizon <= 0 && r.given("labels.horizon") {
		r.fault("labels.horizon", FormatDuration(l.Horizon), "must be more than 0, such as 14d")
	}
	if l.Grace < 0 {
		r.fault("labels.grace", FormatDuration(l.Grace), "must be 0 or more")
	}
	l.validateHorizons(r, segments)
	if l.Early < l.Longest() && !r.bad["labels.horizon"] {
		r.fault("labels.early", FormatDuration(l.Early), "must be at least the longest horizon (%s)", FormatDuration(l.Longest()))
	}
	if l.IdleAfter <= 0 {
		r.fault("labels.idle_after", FormatDuration(l.IdleAfter), "must be more than 0, such as 30s")
	}
	if l.Clock == LabelTimeClock && l.Time == "" {
		r.fault("labels.clock", l.Clock, "needs labels.time, the field that holds a label's time")
	}
	for text, class := range l.Map {
		if class == "" {
			r.fault("labels.map."+text, "", "must name a class")
		}
	}
}

func (l *Labels) validateHorizons(r *reporter, segments []string) {
	for i, h := range l.Horizons {
		at := func(key string) string { return item("labels.horizons", i, key) }
		r.require(at("segment"), len(h.Segment) > 0, "the fields whose scores wait by this horizon, as in {region: north}")
		for _, field := range slices.Sorted(maps.Keys(h.Segment)) {
			if !slices.Contains(segments, field) {
				r.fault(at("segment")+"."+field, "", "must be one of %s.segments%s", r.cfg.sourceSection(), didYouMean(field, segments))
			}
		}
		if h.Horizon <= 0 {
			r.fault(at("horizon"), FormatDuration(h.Horizon), "must be more than 0, such as 30d")
		}
	}
}

// validateWires checks that whatever decodes a topic that is named has its schemas.
func (cfg *Config) validateWires(r *reporter) {
	e, l := cfg.Events, cfg.Labels
	if e.Topic != "" {
		cfg.validateWire(r, "events", e.Wire, e.Schema)
	}
	if l.Topic != "" {
		cfg.validateWire(r, "labels", l.Wire, l.Schema)
	}
	if s := cfg.Scores; s.Foreign() {
		cfg.validateWire(r, "scores", s.Wire, s.Schema)
	}
	if cfg.Output.Wire == Confluent && cfg.Registry.URL == "" {
		r.fault("output.wire", cfg.Output.Wire, "needs registry.url; without a registry the wire is single-object")
	}
}

func (cfg *Config) validateWire(r *reporter, section, wire, schema string) {
	switch {
	case wire == Confluent && cfg.Registry.URL == "":
		r.fault(section+".wire", wire, "needs registry.url; without a registry set %s.wire to single-object or bare and name %s.schema", section, section)
	case (wire == SingleObject || wire == Bare) && schema == "": // another wire is a fault of its own
		r.fault(section+".schema", "", "is required: the schema file for the wire %s", wire)
	}
}

// given reports whether the file gives key.
func (r *reporter) given(key string) bool {
	if r.cfg.source == nil {
		return false
	}
	_, ok := r.cfg.source.lines[key]
	return ok
}
