// Package app composes the program from its parts: it adapts Kafka records to
// the values of scoring, labels and drift and back, runs the three stages,
// serves HTTP and writes the report.
//
// It holds no rule of scoring, joining or watching: those belong to packages
// that take data and time and return data. It must not know flags, exit codes
// or terminals.
package app
