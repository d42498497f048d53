// Package drift owns the pure core of WATCH: it merges the slices of all
// partitions into windows, publishes what changed, and moves the alarms along.
//
// Nothing here knows Kafka, topics, the wall clock or a file. What is emitted
// depends on the slices alone: not on how they were batched or interleaved, nor
// on how often the watcher was restarted on the way. Three things make it so:
// sums are integers, an instant is judged only when every partition has closed
// it, and whether a window is final is a matter of arithmetic on the instant.
//
//	intake.go    slices by partition, until every partition has closed their tick
//	judge.go     the instants at which something can change, in order
//	calendar.go  one configured window: which of its spans change, are published, are judged
//	frame.go     one span: when it ends, is final, and goes
//	track.go     one version and segment: panes, and the windows that are added up from them
//	cohort.go    how long truths took, by when their events were
//	curve.go     label latency curves, read off the cohorts
//	maturity.go  the share of a window's labels that should be in
//	guard.go     one rule on one track: which window it judges
//	publish.go   the records of windows
//	memory.go    what survives a restart, and how the rest is folded again
package drift
