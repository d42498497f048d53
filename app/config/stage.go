package config

import (
	"fmt"
	"slices"
	"strings"
)

// Stage is one of the three parts of the program that can run on their own.
type Stage string

// The stages, in the order of the flow.
const (
	StageScore Stage = "score"
	StageJoin  Stage = "join"
	StageWatch Stage = "watch"
)

// AllStages returns the three stages in the order of the flow.
func AllStages() []Stage { return []Stage{StageScore, StageJoin, StageWatch} }

// ParseStages reads a comma-separated list of stages and returns them in the
// order of the flow, each once.
func ParseStages(list string) ([]Stage, error) {
	asked := map[Stage]bool{}
	for part := range strings.SplitSeq(list, ",") {
		s := Stage(strings.TrimSpace(part))
		switch s {
		case StageScore, StageJoin, StageWatch:
			asked[s] = true
		default:
			return nil, fmt.Errorf("stage %q: allowed are score, join and watch, separated by commas", part)
		}
	}
	var stages []Stage
	for _, s := range AllStages() {
		if asked[s] {
			stages = append(stages, s)
		}
	}
	return stages, nil
}

// StageGroup returns the name of the consumer group of a stage.
func (k Kafka) StageGroup(s Stage) string { return k.Group + "-" + string(s) }

// For reports what stages need and cfg lacks, every fault at once as [Faults].
func (cfg *Config) For(stages []Stage) error {
	if faults := cfg.requirements(stages, nil); len(faults) > 0 {
		return faults.sorted()
	}
	return nil
}

// requirements returns what stages need and cfg lacks, beside the keys in bad,
// which are reported already.
func (cfg *Config) requirements(stages []Stage, bad map[string]bool) Faults {
	r := &reporter{cfg: cfg, bad: bad}
	r.require("kafka.brokers", len(cfg.Kafka.Brokers) > 0, "the addresses of the brokers, such as [127.0.0.1:9092]")
	r.require("kafka.group", cfg.Kafka.Group != "", "the prefix of the stages' consumer groups")
	if slices.Contains(stages, StageScore) {
		if cfg.Scores.Foreign() {
			cfg.refuseScore(r)
		} else {
			cfg.requireScore(r)
		}
	}
	if slices.Contains(stages, StageJoin) {
		cfg.requireJoin(r)
	}
	return r.faults
}

func (cfg *Config) requireScore(r *reporter) {
	r.require("events.topic", cfg.Events.Topic != "", "the topic of events, for the stage score")
	r.require("events.id", cfg.Events.ID != "", "the field of an event that holds its id, for the stage score")
	r.require("model.champion", cfg.Model.Champion != "", "the bundle that answers, as NAME@VERSION, for the stage score")
}

func (cfg *Config) requireJoin(r *reporter) {
	r.require("labels.topic", cfg.Labels.Topic != "", "the topic of labels, for the stage join")
	r.require("labels.id", cfg.Labels.ID != "", "the field of a label that holds the event's id, for the stage join")
	r.require("labels.value", cfg.Labels.Value != "", "the field of a label that holds the truth, for the stage join")
	r.require("labels.horizon", cfg.Labels.Horizon > 0, "how long a score waits for its label, such as 14d, for the stage join")
}
