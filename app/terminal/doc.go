// Package terminal owns the live view of a run in a terminal: it turns a
// dashboard.Snapshot into lines of text that fit, with the rolling figure drawn
// over time, or into plain lines where the output is not a terminal.
//
// It must not know where snapshots come from, nor Kafka, HTTP or the command
// line. Strings in a snapshot are taken to be hostile: no control character
// of theirs reaches the terminal.
package terminal
