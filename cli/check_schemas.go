package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"github.com/twmb/franz-go/pkg/sr"

	"hindsight/app/config"
	"hindsight/app/kafka"
	"hindsight/app/publish"
	"hindsight/schemas"
	"hindsight/schemas/registry"
)

// input is one of the topics of the user's, with the fields wanted of it.
type input struct {
	section string // events, labels or scores
	topic   string
	wire    string
	file    string
	id      schemas.Field
	time    *schemas.Field // nil: the record's timestamp
	byTime  bool           // the clock moves by time, not by the record's timestamp
	others  []schemas.Field
}

// fields returns all fields wanted. Lenient ones may be missing, as in the
// service, where a value that is missing is the fault of its record.
func (in input) fields(lenient bool) []schemas.Field {
	all := append([]schemas.Field{in.id}, in.others...)
	if in.time != nil {
		all = append(all, *in.time)
	}
	if lenient {
		for i := range all {
			all[i].Optional = true
		}
	}
	return all
}

func (k *checker) eventsInput() input {
	c := k.cfg.Events
	in := input{section: "events", topic: c.Topic, wire: c.Wire, file: c.Schema, byTime: c.Clock == config.EventTimeClock && c.Time != ""}
	slots := map[schemas.FieldType]int{}
	if k.bundle != nil {
		in.others = k.bundle.Fields()
		for _, f := range in.others {
			slots[f.Type] = max(slots[f.Type], f.Slot+1)
		}
	}
	next := func(path string, kind schemas.FieldType) schemas.Field {
		slots[kind]++
		return schemas.Field{Path: path, Type: kind, Slot: slots[kind] - 1}
	}
	in.id = next(c.ID, schemas.Text)
	for _, s := range c.Segments {
		in.others = append(in.others, next(s, schemas.Text))
	}
	if c.Time != "" {
		f := next(c.Time, schemas.Time)
		in.time = &f
	}
	return in
}

// scoresInput are the scores that another program writes.
func (k *checker) scoresInput() input {
	c := k.cfg.Scores
	in := input{section: "scores", topic: k.cfg.Topics.Scores, wire: c.Wire, file: c.Schema, byTime: c.Clock == config.EventTimeClock && c.Time != ""}
	in.id = schemas.Field{Path: c.ID, Type: schemas.Text}
	for i, path := range append([]string{c.Prediction, c.Version}, c.Segments...) {
		if path != "" {
			in.others = append(in.others, schemas.Field{Path: path, Type: schemas.Text, Slot: i + 1})
		}
	}
	if c.Value != "" {
		in.others = append(in.others, schemas.Field{Path: c.Value, Type: schemas.Number})
	}
	if c.Time != "" {
		in.time = &schemas.Field{Path: c.Time, Type: schemas.Time}
	}
	return in
}

func (k *checker) labelsInput() input {
	c := k.cfg.Labels
	in := input{section: "labels", topic: c.Topic, wire: c.Wire, file: c.Schema, byTime: c.Clock == config.LabelTimeClock}
	in.id = schemas.Field{Path: c.ID, Type: schemas.Text}
	in.others = []schemas.Field{{Path: c.Value, Type: schemas.Text, Slot: 1}}
	if c.Weight != "" {
		in.others = append(in.others, schemas.Field{Path: c.Weight, Type: schemas.Number})
	}
	if c.Time != "" {
		in.time = &schemas.Field{Path: c.Time, Type: schemas.Time}
	}
	return in
}

func (k *checker) checkSchemas() {
	if k.cfg.Scores.Foreign() {
		if k.runs(config.StageJoin) {
			k.events = k.checkInput(k.scoresInput())
		}
	} else if k.runs(config.StageScore) {
		k.events = k.checkInput(k.eventsInput())
	} else if k.runs(config.StageJoin) && k.cfg.Events.Topic != "" && k.cfg.Events.ID != "" {
		k.events = k.checkInput(k.eventsInput()) // JOIN lives by their clock
	}
	if k.runs(config.StageJoin) {
		k.labels = k.checkInput(k.labelsInput())
	}
}

// checkInput finds the wanted fields in the newest schema, then in a sample.
func (k *checker) checkInput(in input) sampled {
	name := in.section + " schema"
	var lookup schemas.Lookup
	text, source, err := "", in.file, error(nil)
	if in.wire == config.Confluent {
		lookup, text, source, err = k.newest(in.topic)
	} else {
		var data []byte
		data, err = os.ReadFile(in.file)
		text = string(data)
	}
	switch {
	case errors.Is(err, publish.ErrNoSubject):
		k.note(name, "the registry has no subject %s yet", publish.Subject(in.topic))
	case err != nil:
		k.fault(name, fmt.Errorf("%s: %w", in.section, err))
		return sampled{}
	default:
		if _, err := schemas.Compile(text, in.fields(false)); err != nil {
			k.fault(name, inSchema(source, err))
			return sampled{}
		}
		k.ok(name, "%s has every field wanted", source)
	}
	var wire schemas.Wire
	if err := wire.UnmarshalText([]byte(in.wire)); err != nil {
		k.fault(name, err)
		return sampled{}
	}
	reader, err := schemas.NewReader(wire, text, lookup, in.fields(true))
	if err != nil {
		k.fault(name, inSchema(source, err))
		return sampled{}
	}
	return k.sample(in, reader)
}

func inSchema(source string, err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, fmt.Errorf("%s: %w", source, e))
		}
		if len(all) > 1 {
			return errors.Join(all...)
		}
	}
	return fmt.Errorf("%s: %w", source, err)
}

// newest asks the registry for the newest schema of a topic.
func (k *checker) newest(topic string) (lookup schemas.Lookup, text, source string, err error) {
	transport, err := kafka.RegistryHTTP(k.cfg.Registry)
	if err != nil {
		return nil, "", "", err
	}
	client, err := registry.New(registry.Options{URL: k.cfg.Registry.URL, HTTPClient: transport})
	if err != nil {
		return nil, "", "", err
	}
	versions, err := kafka.Registry(k.cfg.Registry)
	if err != nil {
		return nil, "", "", err
	}
	subject := publish.Subject(topic)
	id, version, err := newestID(k.ctx, versions, subject)
	if err != nil {
		return client.Schema, "", "", err
	}
	text, err = client.Schema(k.ctx, uint32(id))
	return client.Schema, text, fmt.Sprintf("%s version %d (id %d)", subject, version, id), err
}

func newestID(ctx context.Context, versions *sr.Client, subject string) (id, version int, err error) {
	found, err := versions.SchemaByVersion(ctx, subject, -1)
	var answer *sr.ResponseError
	switch {
	case errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound:
		return 0, 0, fmt.Errorf("subject %s: %w", subject, publish.ErrNoSubject)
	case errors.As(err, &answer):
		return 0, 0, fmt.Errorf("registry: subject %s: %w", subject, err)
	case err != nil:
		var call *url.Error
		if errors.As(err, &call) {
			err = call.Err
		}
		return 0, 0, fmt.Errorf("%w: %w; start it, or correct registry.url", schemas.ErrUnavailable, err)
	}
	return found.ID, found.Version, nil
}
