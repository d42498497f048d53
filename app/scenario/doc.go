// Package scenario runs scenario files: scores, labels and clocks as readable
// lines, and what must come of them. It drives what the stages drive (the join
// over a store in memory, the gate of time, the watcher), told by the same
// configuration, and is pure: a file gives the same result wherever it runs.
//
// The language is described in docs/scenarios.md. It must not know Kafka
// clients, terminals, or how anything is decided.
package scenario
