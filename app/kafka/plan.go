package kafka

import (
	"slices"
	"time"

	"hindsight/app/config"
)

// The values of Topic.Cleanup.
const (
	Delete        = "delete"
	Compact       = "compact"
	CompactDelete = "compact,delete"
)

const (
	// Unlimited is a retention without end.
	Unlimited time.Duration = -1
	// margin is what a retention has beyond what is needed, for a service that stood still.
	margin = 24 * time.Hour
	// windowHistory is how long windows are kept at least, to look back at.
	windowHistory = 90 * 24 * time.Hour
	// deadLetterBytes is the largest dead letter: max.message.bytes of its topic.
	deadLetterBytes = 16 << 20
	// SlicePartitions is how many partitions slices get: models are spread
	// over them, and all of one model is on one.
	SlicePartitions = 4
)

// Topic is what one of our topics needs.
type Topic struct {
	Key        string // below `topics:` in the configuration
	Name       string
	Partitions int32         // -1: as the brokers' default, where nothing says
	Equal      string        // name of the topic that must have as many, "" for a count of its own
	Cleanup    string        // of a real broker
	Retention  time.Duration // the least; Unlimited: without end
	MaxMessage int           // bytes; 0: the brokers' default
	Stages     []config.Stage
	Foreign    bool // another program's, whose making is not ours
}

// Counts is how many partitions the topics have that are not ours to choose.
type Counts struct {
	Events int32 // 0: there is no such topic, or none is configured
	Labels int32
	Scores int32 // of the topic that is there; 0: none yet
	Slices int32 // of the topic that is there; 0: none yet
}

// forScores is the count of scores: what is there, else that of events, else
// that of labels, else the brokers' default.
func (c Counts) forScores(cfg *config.Config) (n int32, equal string) {
	switch {
	case cfg.Scores.Foreign():
		return c.Scores, cfg.Topics.Scores
	case c.Events > 0:
		return c.Events, cfg.Events.Topic
	case c.Scores > 0:
		return c.Scores, ""
	case c.Labels > 0:
		return c.Labels, ""
	}
	return -1, ""
}

// Plan returns our topics in the order of the flow, with what each needs.
func Plan(cfg *config.Config, counts Counts) []Topic {
	t, l := cfg.Topics, cfg.Labels
	wait := l.Longest() + l.Grace
	keep := wait + l.Early + margin
	sums := max(reach(cfg.Watch.Windows)+wait, latencyReach(cfg.Watch.Windows, wait)) + margin
	n, like := counts.forScores(cfg)
	spread := int32(SlicePartitions)
	if counts.Slices > 0 {
		spread = counts.Slices
	}
	const s, j, w = config.StageScore, config.StageJoin, config.StageWatch
	return []Topic{
		{Key: "scores", Name: t.Scores, Partitions: n, Equal: like, Cleanup: Delete, Retention: keep, Stages: []config.Stage{s, j}, Foreign: cfg.Scores.Foreign()},
		{Key: "outcomes", Name: t.Outcomes, Partitions: n, Equal: t.Scores, Cleanup: Delete, Retention: keep, Stages: []config.Stage{j}},
		{Key: "labels_rerouted", Name: t.LabelsRerouted, Partitions: n, Equal: t.Scores, Cleanup: Delete, Retention: keep, Stages: []config.Stage{j}},
		{Key: "slices", Name: t.Slices, Partitions: spread, Cleanup: Delete, Retention: sums, Stages: []config.Stage{j, w}},
		{Key: "watch_state", Name: t.WatchState, Partitions: spread, Equal: t.Slices, Cleanup: Compact, Retention: Unlimited, Stages: []config.Stage{w}},
		{Key: "windows", Name: t.Windows, Partitions: spread, Equal: t.Slices, Cleanup: CompactDelete, Retention: max(longestWindow(cfg.Watch.Windows)+wait+margin, windowHistory), Stages: []config.Stage{w}},
		{Key: "alarms", Name: t.Alarms, Partitions: spread, Equal: t.Slices, Cleanup: Compact, Retention: Unlimited, Stages: []config.Stage{w}},
		{Key: "models", Name: t.Models, Partitions: 1, Cleanup: Compact, Retention: Unlimited, Stages: []config.Stage{s}},
		{Key: "models_history", Name: t.ModelsHistory, Partitions: 1, Cleanup: Delete, Retention: Unlimited, Stages: []config.Stage{s}},
		{Key: "dead_letters", Name: t.DeadLetters, Partitions: n, Equal: t.Scores, Cleanup: Delete, Retention: keep, MaxMessage: deadLetterBytes, Stages: []config.Stage{s, j}},
	}
}

func longestWindow(windows []config.Window) time.Duration {
	var longest time.Duration
	for _, w := range windows {
		longest = max(longest, w.Size)
	}
	return longest
}

// latencyReach is how far back WATCH learns how long labels take: the scores of
// two waits, in cohorts of at most a 32nd of a wait and a slice, which is never
// wider than a window or its slide.
func latencyReach(windows []config.Window, wait time.Duration) time.Duration {
	var slice time.Duration
	for _, w := range windows {
		if w.Clock == config.EventClock {
			slice = max(slice, min(w.Size, w.Slide))
		}
	}
	if slice == 0 {
		return 0
	}
	return 2*wait + wait/32 + slice
}

// reach is how far back WATCH folds windows again: a window is judged until its
// successor has settled, which is one slide later.
func reach(windows []config.Window) time.Duration {
	var longest time.Duration
	for _, w := range windows {
		longest = max(longest, w.Size+w.Slide)
	}
	return longest
}

// UsedBy returns the topics that the stages use, in the same order.
func UsedBy(topics []Topic, stages []config.Stage) []Topic {
	var used []Topic
	for _, t := range topics {
		if slices.ContainsFunc(t.Stages, func(s config.Stage) bool { return slices.Contains(stages, s) }) {
			used = append(used, t)
		}
	}
	return used
}
