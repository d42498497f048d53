// Package consumer owns group membership, transactions, partition hand-over,
// partitioners and dead letters: it polls records for a Stage, publishes what
// the stage returns and commits both together, exactly once or at least once.
//
// It knows Kafka and nothing of what a record means. It must not know Avro,
// models, labels, windows or alarms, and imports none of their packages.
package consumer
