package kafka

import (
	"fmt"

	"hindsight/app/config"
	"hindsight/consumer"
)

// Placement is how well a partitioner explains where labels lie.
type Placement struct {
	Partitioner string // the best of murmur2, crc32 and fnv1a, the first of them where they are equal
	Matching    int    // labels that lie where it puts their event's id
	Labels      int    // how many were looked at, or scores
}

// Explains reports whether practically all labels lie where the partitioner
// puts them: one in twenty may come from another producer.
func (p Placement) Explains() bool { return p.Labels > 0 && p.Matching*20 >= p.Labels*19 }

// Labelled is the id that a label is for, and the partition that it lies on.
type Labelled struct {
	ID        []byte
	Partition int32
}

// PlacementOf finds the partitioner that put labels on the partitions of their
// topic by the id of their event, favouring the one that is configured.
func PlacementOf(labels []Labelled, partitions int32, configured string) Placement {
	best := Placement{Labels: len(labels)}
	for _, name := range []string{configured, "murmur2", "crc32", "fnv1a"} {
		matching := placedBy(name, labels, partitions)
		if matching > best.Matching || best.Partitioner == "" {
			best.Partitioner, best.Matching = name, matching
		}
	}
	return best
}

// fewPlaced is the number of scores below which nothing is concluded.
const fewPlaced = 8

// ScoresInPlace refuses somebody else's scores of which more than a quarter lie
// on other partitions than their event ids hash to: no label would find those.
func ScoresInPlace(cfg *config.Config, ids []Labelled, partitions int32) error {
	configured := cfg.Scores.Partitioner
	here := placedBy(configured, ids, partitions)
	if len(ids) < fewPlaced || here*4 >= len(ids)*3 {
		return nil
	}
	topic := cfg.Topics.Scores
	if best := PlacementOf(ids, partitions, configured); best.Explains() {
		return fmt.Errorf("%s: its scores are placed by %s and scores.partitioner is %s, so that labels would look for them elsewhere (%d of %d lie right): set scores.partitioner: %s",
			topic, best.Partitioner, configured, here, len(ids), best.Partitioner)
	}
	return fmt.Errorf("%s: its scores are not placed by the event id in %s (%d of %d lie where %s puts them), so that labels would look for them elsewhere: "+
		"let its producer use the id's text as key, or copy it to a topic that is keyed so and name that in topics.scores", topic, cfg.Scores.ID, here, len(ids), configured)
}

// Misplaced counts the ids that do not lie where the configured partitioner puts them.
func Misplaced(cfg *config.Config, ids []Labelled, partitions int32) int {
	return len(ids) - placedBy(cfg.Scores.Partitioner, ids, partitions)
}

func placedBy(name string, ids []Labelled, partitions int32) (n int) {
	place, err := consumer.PartitionerNamed(name)
	if err != nil || partitions <= 0 {
		return 0
	}
	for _, l := range ids {
		if place(l.ID, partitions) == l.Partition {
			n++
		}
	}
	return n
}
