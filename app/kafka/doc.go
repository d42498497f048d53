// Package kafka owns how the program reaches a Kafka cluster: client options
// from the configuration, and the topics that are ours, with what each needs.
//
// It must not know what the records mean, nor the stages' work on them.
package kafka
