// Package config owns the configuration file: its keys, their defaults, what
// each may hold, and the words in which a fault is reported.
//
// It holds plain values only. It must not know Kafka clients, models, the join
// or windows: other packages turn its values into their own options.
package config
