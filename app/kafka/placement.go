package kafka

import "hindsight/consumer"

// Placement is how well a partitioner explains where labels lie.
type Placement struct {
	Partitioner string // the best of murmur2, crc32 and fnv1a, the first of them where they are equal
	Matching    int    // labels that lie where it puts their event's id
	Labels      int    // how many were looked at
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
		place, err := consumer.PartitionerNamed(name)
		if err != nil || partitions <= 0 {
			continue
		}
		matching := 0
		for _, l := range labels {
			if place(l.ID, partitions) == l.Partition {
				matching++
			}
		}
		if matching > best.Matching || best.Partitioner == "" {
			best.Partitioner, best.Matching = name, matching
		}
	}
	return best
}
