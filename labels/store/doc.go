// Package store keeps the state of the join: an ordered map of byte strings
// that is read and changed through atomic batches. It has two shapes, Pebble
// on disk and a plain one in memory, and package storetest holds what both
// must do.
//
// What Kafka holds is the truth and a store is a cache of it, so a store may
// lose its unsynced tail in a crash, but never a part of a batch, and it never
// reports success for what it cannot keep. It must not know scores, labels,
// partitions or what its keys mean.
package store
