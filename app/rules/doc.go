// Package rules is what a configuration decides, as pure functions: what the
// join and the watcher are told, which stamps are believed, and up to where
// time may go. The stages run by it, and scenario files are tested by it.
//
// It must not know topics' contents, Kafka clients or the wall clock.
package rules
