// Package memory owns the bound on the process's memory: where it comes from,
// and how it is divided among what buffers. It must not know Kafka or a store.
package memory
