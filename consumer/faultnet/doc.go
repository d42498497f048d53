// Package faultnet is a network with faults, for tests: it knows the Kafka
// requests that pass, and cuts, loses, holds or repeats the one that it was told.
package faultnet
