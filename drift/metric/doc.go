// Package metric owns the figures that are read off merged sums: accuracy and
// the others, each with a two-sided interval and the reason where it is not
// defined. One algorithm lives in one file; the table in registry.go names them.
//
// It must not know windows, clocks, rules, alarms or Kafka: it is given sums
// and a confidence and returns numbers. Equal sums give equal bits, and no
// figure is ever NaN or infinite.
package metric
