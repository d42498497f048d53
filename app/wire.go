package app

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"hindsight/app/config"
	"hindsight/app/kafka"
	"hindsight/schemas"
	"hindsight/schemas/registry"
)

// schemaLookup finds the schema that a message names.
type schemaLookup = func(ctx context.Context, id uint32) (string, error)

// lookupTime is how long one turn of a stage may wait for the schema registry.
// What is not answered by then waits by itself, beside the other partitions.
const lookupTime = 500 * time.Millisecond

// newReader returns the reader of a topic of the user's: by registry, or by
// the schema file that the configuration names.
func newReader(wire, file string, lookup schemaLookup, fields []schemas.Field) (*schemas.Reader, error) {
	var w schemas.Wire
	if err := w.UnmarshalText([]byte(wire)); err != nil {
		return nil, err
	}
	writer := ""
	if w != schemas.Confluent {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("schema: %w", err)
		}
		writer = string(b)
	}
	return schemas.NewReader(w, writer, lookup, fields)
}

// newRegistry returns a client of the configured registry, nil where there is none.
func newRegistry(c config.Registry, client *http.Client) (*registry.Client, error) {
	if c.URL == "" {
		return nil, nil
	}
	if client == nil {
		var err error
		if client, err = kafka.RegistryHTTP(c); err != nil {
			return nil, err
		}
	}
	return registry.New(registry.Options{URL: c.URL, HTTPClient: client})
}

// framings are the prefixes of the records that we write.
type framings map[schemas.RecordKind][]byte

// newFramings registers our schemas where the output wire asks for it.
func newFramings(ctx context.Context, cfg *config.Config, reg *registry.Client) (framings, error) {
	f := framings{}
	topics := map[schemas.RecordKind]string{
		schemas.ScoreRecord: cfg.Topics.Scores, schemas.OutcomeRecord: cfg.Topics.Outcomes, schemas.SliceRecord: cfg.Topics.Slices,
		schemas.WindowRecord: cfg.Topics.Windows, schemas.AlarmRecord: cfg.Topics.Alarms, schemas.WatchStateRecord: cfg.Topics.WatchState,
	}
	if cfg.Scores.Foreign() {
		delete(topics, schemas.ScoreRecord) // and whose subject is not ours to write to
	}
	for _, kind := range schemas.RecordKinds() {
		topic, written := topics[kind]
		switch {
		case !written:
		case cfg.Output.Wire != config.Confluent:
			f[kind] = schemas.SingleObjectFraming(kind)
		case reg == nil:
			return nil, fmt.Errorf("output.wire is confluent, but no registry.url is configured")
		default:
			id, err := reg.Register(ctx, subject(cfg.Output.Subjects, topic, kind), kind.Schema())
			if err != nil {
				return nil, fmt.Errorf("register the schema of %s: %w", kind, err)
			}
			f[kind] = schemas.ConfluentFraming(id)
		}
	}
	return f, nil
}

// subject names a schema as the registry's naming strategies do.
func subject(strategy, topic string, kind schemas.RecordKind) string {
	record := "hindsight.v1." + kind.String()
	switch strategy {
	case "record":
		return record
	case "topic-record":
		return topic + "-" + record
	}
	return topic + "-value"
}
