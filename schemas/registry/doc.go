// Package registry owns the conversation with a Confluent-compatible schema
// registry: schemas by id with their references resolved, cached and bounded,
// and the registration of our own.
//
// It takes ids from messages that anybody may have written, so every lookup is
// limited in time, size, rate and number. It must not know topics, records or
// what a schema is wanted for. Its errors are those of package schemas:
// ErrUnknownSchema (nobody knows the id), ErrSchema (the registry has it and it
// is of no use), ErrUnavailable (ask again later).
package registry
