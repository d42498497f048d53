package config

import (
	"slices"
	"strings"
	"time"
)

// Scores says how scores are laid out on their topic and, where ID is set, how
// to read those that another program writes there: "watch the model that you
// already serve". SCORE does not run then.
type Scores struct {
	Partitioner string `yaml:"partitioner" default:"murmur2" allowed:"murmur2|crc32|fnv1a"`

	Wire       string        `yaml:"wire" default:"confluent" allowed:"confluent|single-object|bare"`
	Schema     string        `yaml:"schema" kind:"path"`
	ID         string        `yaml:"id" kind:"field"`         // "": the scores are ours
	Value      string        `yaml:"value" kind:"field"`      // "": there is a prediction only
	Prediction string        `yaml:"prediction" kind:"field"` // "": by Threshold where there are Classes, else a regression
	Version    string        `yaml:"version" kind:"field"`    // "": Unversioned
	Time       string        `yaml:"time" kind:"field"`       // "": the record's timestamp
	Segments   []string      `yaml:"segments" kind:"field"`
	Model      string        `yaml:"model"`    // a name; default: that of the topic
	Classes    []string      `yaml:"classes"`  // none or two, the positive one last
	Positive   string        `yaml:"positive"` // default: the last of Classes
	Threshold  float64       `yaml:"threshold" default:"0.5"`
	Clock      string        `yaml:"clock" default:"event_time" allowed:"event_time|record"`
	MaxSkew    time.Duration `yaml:"max_skew" default:"10m"`
	Oldest     time.Time     `yaml:"oldest"` // zero: none
}

// Unversioned is the version of somebody else's score that names none.
const Unversioned = "unversioned"

// Foreign reports whether the scores are written by another program.
func (s Scores) Foreign() bool { return s.ID != "" }

// Source is the topic that moves stream time beside the labels, and the stage
// that reads it: the events of SCORE, or somebody else's scores.
func (cfg *Config) Source() (topic string, stage Stage) {
	if cfg.Scores.Foreign() {
		return cfg.Topics.Scores, StageJoin
	}
	return cfg.Events.Topic, StageScore
}

// MaxSkew is how far ahead of the clock a stamp of an input may lie.
func (cfg *Config) MaxSkew() time.Duration {
	if cfg.Scores.Foreign() {
		return cfg.Scores.MaxSkew
	}
	return cfg.Events.MaxSkew
}

// Segments are the fields by whose values metrics are kept apart.
func (cfg *Config) Segments() []string {
	if cfg.Scores.Foreign() {
		return cfg.Scores.Segments
	}
	return cfg.Events.Segments
}

// ModelName is the model whose windows come, whatever scores there are; "" where
// no configuration says it.
func (cfg *Config) ModelName() string {
	if cfg.Scores.Foreign() {
		return cfg.Scores.Model
	}
	name, _, _ := strings.Cut(cfg.Model.Champion, "@")
	return name
}

func (s *Scores) complete(topic string) {
	if !s.Foreign() {
		return
	}
	if s.Model == "" {
		s.Model = topic
	}
	if s.Positive == "" && len(s.Classes) == 2 {
		s.Positive = s.Classes[1]
	}
}

func (s *Scores) validate(r *reporter) {
	if !s.Foreign() {
		for _, key := range []string{"value", "prediction", "version", "time", "segments", "model", "classes", "positive", "oldest", "schema"} {
			if r.given("scores." + key) {
				r.require("scores.id", r.bad["scores.id"], "the field that holds the event's id, where another program writes the scores that scores."+key+" is about")
				return
			}
		}
		return
	}
	if s.Value == "" && s.Prediction == "" {
		r.require("scores.value", r.bad["scores.value"] || r.bad["scores.prediction"], "the field that holds the probability or the figure; or give scores.prediction, that of the decided class")
	}
	unique(r, "scores.segments", s.Segments)
	unique(r, "scores.classes", s.Classes)
	if n := len(s.Classes); n != 0 && n != 2 {
		r.fault("scores.classes", strings.Join(s.Classes, ", "), "must be two, the positive one last; leave them out where there are more, and name scores.prediction")
	} else if n == 2 && s.Positive != s.Classes[0] && s.Positive != s.Classes[1] {
		r.fault("scores.positive", s.Positive, "must be one of scores.classes (%s)", strings.Join(s.Classes, ", "))
	}
	if s.Positive != "" && s.Value == "" {
		r.require("scores.value", r.bad["scores.value"], "the field that holds the probability of "+s.Positive+", which scores.positive or scores.classes promise")
	}
	if s.Threshold < 0 || s.Threshold > 1 {
		r.fault("scores.threshold", number(s.Threshold), "must be from 0 to 1")
	}
	if s.MaxSkew < 0 {
		r.fault("scores.max_skew", FormatDuration(s.MaxSkew), "must be 0 or more")
	}
	if slices.ContainsFunc([]byte(s.Model), func(b byte) bool { return b <= ' ' || b == '@' || b == '/' }) {
		r.fault("scores.model", s.Model, "must be a name without blanks, '@' and '/'")
	}
}

// refuseScore refuses to score where somebody else does.
func (cfg *Config) refuseScore(r *reporter) {
	r.fault("scores.id", cfg.Scores.ID, "says that another program writes the scores, so that the stage score has nothing to do: use --stages join,watch")
}

// sourceSection is the section that describes the topic of Source.
func (cfg *Config) sourceSection() string {
	if cfg.Scores.Foreign() {
		return "scores"
	}
	return "events"
}
