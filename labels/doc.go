// Package labels joins scores with their labels, as pure functions over state.
// A Join owns one partition of `scores`: the scores that wait for a label, the
// labels that wait for a score, the truth that stands for each event id, what
// became of every score and label, and the sums that a tick adds. It is given
// records with their arrivals and closes ticks of stream time; what it decides
// is a function of the set of those records alone.
//
// It must not know Kafka clients, wall clocks, goroutines, windows or metrics,
// and it touches no disk but through a store.Batch.
//
// # Time
//
// Ticks are multiples of Settings.Tick. A record belongs to the first tick
// strictly after its arrival. At the close of tick T, and only then, the
// scores of T are applied, then the labels of T, each in order of (arrival,
// source topic, partition, offset), then everything that falls due at or
// before T. The caller closes T only once no record of T can come any more.
//
// # The life of an event id
//
// A score waits for a label until the first tick at or after both its event
// time + horizon and its own tick, and is then unlabelled or assumed. It is
// kept until the first tick at or after event time + horizon + grace; a label
// that arrives by then makes or revises its outcome. For `early` more a
// gravestone remembers that labels are too late. A label without a score waits
// for `early` and is then an orphan. A score lives by the settings that were
// in force at its tick.
package labels
