package publish

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/app/kafka"
	"hindsight/consumer"
	"hindsight/schemas"
	"hindsight/schemas/registry"
)

// Input is one of the two topics of the user's, as the configuration has it.
type Input struct {
	Section string // events or labels
	Topic   string
	Wire    schemas.Wire
	Schema  string // path of a file; "": none
	Key     string // field path
	Time    string // field path; "": the wall clock
}

// InputOf returns the section of cfg that is named events or labels. What it
// lacks for publishing is reported at once, as config.Faults; key, unless it
// is empty, stands in for the section's id.
func InputOf(cfg *config.Config, section, key string) (Input, error) {
	in := Input{Section: section}
	id, wire := "", ""
	switch section {
	case "events":
		in.Topic, in.Schema, in.Time, id, wire = cfg.Events.Topic, cfg.Events.Schema, cfg.Events.Time, cfg.Events.ID, cfg.Events.Wire
	case "labels":
		in.Topic, in.Schema, in.Time, id, wire = cfg.Labels.Topic, cfg.Labels.Schema, cfg.Labels.Time, cfg.Labels.ID, cfg.Labels.Wire
	default:
		return Input{}, fmt.Errorf("%q: want events or labels", section)
	}
	in.Key = key
	if key == "" {
		in.Key = id
	}
	var faults config.Faults
	require := func(have bool, key, what string) {
		if !have {
			faults = append(faults, config.Fault{File: cfg.File(), Key: key, Problem: "is required: " + what})
		}
	}
	require(len(cfg.Kafka.Brokers) > 0, "kafka.brokers", "the addresses of the brokers, such as [127.0.0.1:9092]")
	require(in.Topic != "", section+".topic", "the topic to publish to")
	require(in.Key != "", section+".id", "the field that becomes the key of a record; or give --key")
	require(wire != config.Confluent || cfg.Registry.URL != "", "registry.url", "the wire of "+section+" is confluent")
	if len(faults) > 0 {
		return Input{}, faults
	}
	return in, in.Wire.UnmarshalText([]byte(wire))
}

// Job is one file to publish.
type Job struct {
	Input
	Data        string // path of a file of rows
	SchemaFile  string // "": that of Input, else the registry's newest, else the one inside Data
	Sort        bool
	Rate        float64 // records a second; 0: as fast as it goes
	Partitioner consumer.Partitioner
	Partitions  int32        // of a topic that has to be made; 0: the broker's default
	Note        func(string) // told what is odd but no fault
	Progress    func(Summary)
	Clock       Clock
}

// Run publishes a file. The summary counts what was acknowledged, also beside
// an error. Errors wrap kafka.ErrUnreachable or schemas.ErrUnavailable where a
// service does not answer.
func Run(ctx context.Context, cfg *config.Config, job Job) (Summary, error) {
	enc, err := job.encoder(ctx, cfg.Registry)
	if err != nil {
		return Summary{}, err
	}
	rows, err := Open(job.Data, enc.schema, job.Note)
	if err != nil {
		return Summary{}, err
	}
	defer func() { _ = rows.Close() }()
	layout, err := job.layout(enc.schema)
	if err != nil {
		return Summary{}, err
	}
	client, err := kafka.Connect(ctx, cfg.Kafka, nil, ClientOptions()...)
	if err != nil {
		return Summary{}, err
	}
	defer client.Close()
	return job.publish(ctx, client, Items(rows, enc, layout))
}

func (j Job) publish(ctx context.Context, client *kgo.Client, items iter.Seq2[Item, error]) (Summary, error) {
	admin := kadm.NewClient(client)
	n, created, err := EnsureTopic(ctx, admin, j.Topic, j.Partitions)
	if err != nil {
		return Summary{}, err
	}
	if created {
		j.Note(fmt.Sprintf("topic %s is made, with %d partitions and retention.ms=-1", j.Topic, n))
	} else {
		items = j.withRetentionNote(ctx, admin, items)
	}
	p := NewPublisher(client, j.Partitioner, map[string]int32{j.Topic: n}, j.Clock)
	p.Progress = j.Progress
	return p.Publish(ctx, AtRate(ctx, j.Clock, j.Rate, items))
}

// withRetentionNote warns where the broker will drop the first record for its
// age. It is no reason to stop, nor is not being told.
func (j Job) withRetentionNote(ctx context.Context, admin *kadm.Client, items iter.Seq2[Item, error]) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		first := true
		for item, err := range items {
			if first && err == nil {
				first = false
				keeps, rerr := Retention(ctx, admin, j.Topic)
				if rerr == nil && keeps >= 0 && item.At.Time().Add(keeps).Before(j.Clock.Now()) {
					j.Note(fmt.Sprintf("topic %s drops records older than %s and the rows begin at %s: set its retention.ms to -1",
						j.Topic, config.FormatDuration(keeps), item.At))
				}
			}
			if !yield(item, err) {
				return
			}
		}
	}
}

func (j Job) layout(schema *Schema) (Layout, error) {
	layout := Layout{Topic: j.Topic, Sort: j.Sort, Name: j.Data, Now: j.Clock.Now}
	var err error
	if layout.Key, err = schema.Path(j.Key); err != nil {
		return Layout{}, fmt.Errorf("the key of %s: %w", j.Section, err)
	}
	if j.Time == "" {
		return layout, nil
	}
	when, err := schema.Path(j.Time)
	if err != nil {
		return Layout{}, fmt.Errorf("the time of %s: %w", j.Section, err)
	}
	layout.Time = &when
	return layout, nil
}

// encoder settles the schema, and registers it where the wire asks for it.
func (j Job) encoder(ctx context.Context, cfg config.Registry) (*Encoder, error) {
	schema, err := j.fileSchema()
	if err != nil {
		return nil, err
	}
	if j.Wire != schemas.Confluent {
		if schema == nil {
			schema, err = j.embedded(fmt.Errorf("%s: there is no schema; set %s.schema or give --schema", j.Section, j.Section))
		}
		if err != nil {
			return nil, err
		}
		return NewEncoder(schema, j.Wire, 0)
	}
	client, err := newRegistry(cfg)
	if err != nil {
		return nil, err
	}
	id := 0
	if schema == nil {
		versions, verr := kafka.Registry(cfg)
		if verr != nil {
			return nil, verr
		}
		schema, id, err = Newest(ctx, versions, client, j.Topic)
		if err == nil {
			return NewEncoder(schema, j.Wire, id)
		}
		if !errors.Is(err, ErrNoSubject) {
			return nil, err
		}
		if schema, err = j.embedded(err); err != nil {
			return nil, err
		}
	}
	if id, err = Register(ctx, client, j.Topic, schema); err != nil {
		return nil, err
	}
	return NewEncoder(schema, j.Wire, id)
}

func newRegistry(cfg config.Registry) (*registry.Client, error) {
	transport, err := kafka.RegistryHTTP(cfg)
	if err != nil {
		return nil, err
	}
	return registry.New(registry.Options{URL: cfg.URL, HTTPClient: transport})
}

// fileSchema reads the schema that a flag or the configuration names, nil where
// neither does.
func (j Job) fileSchema() (*Schema, error) {
	path := j.SchemaFile
	if path == "" {
		path = j.Schema
	}
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("schema of %s: %w", j.Section, err)
	}
	schema, err := ParseSchema(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return schema, nil
}

// embedded returns the schema inside the data, or the error where there is none.
func (j Job) embedded(none error) (*Schema, error) {
	text, err := EmbeddedSchema(j.Data)
	switch {
	case err != nil:
		return nil, err
	case text == "":
		return nil, none
	}
	return ParseSchema([]byte(text))
}

// PerSecond returns the rate of what was published.
func (s Summary) PerSecond() float64 {
	return float64(s.Records) / max(s.Elapsed, time.Millisecond).Seconds()
}
