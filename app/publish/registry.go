package publish

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/twmb/franz-go/pkg/sr"

	"hindsight/schemas"
	"hindsight/schemas/registry"
)

// Subject returns the name that the schema of a topic's values is registered under.
func Subject(topic string) string { return topic + "-value" }

// Register puts a schema under the subject of a topic, where it may stand
// already, and returns its id. The error is that of registry.Client.Register.
func Register(ctx context.Context, client *registry.Client, topic string, schema *Schema) (int, error) {
	id, err := client.Register(ctx, Subject(topic), schema.Text())
	return int(id), err
}

// ErrNoSubject is wrapped where the registry has no schema of a topic.
var ErrNoSubject = errors.New("the registry has no such subject; give a schema with --schema")

// Newest returns the newest schema of a topic, its references written into it,
// and its id. The error wraps ErrNoSubject, or schemas.ErrUnavailable where the
// registry gives no answer.
func Newest(ctx context.Context, versions *sr.Client, client *registry.Client, topic string) (*Schema, int, error) {
	found, err := versions.SchemaByVersion(ctx, Subject(topic), -1)
	var answer *sr.ResponseError
	switch {
	case errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound:
		return nil, 0, fmt.Errorf("subject %s: %w", Subject(topic), ErrNoSubject)
	case err != nil:
		return nil, 0, fmt.Errorf("%w: subject %s: %w", schemas.ErrUnavailable, Subject(topic), err)
	}
	text, err := client.Schema(ctx, uint32(found.ID))
	if err != nil {
		return nil, 0, fmt.Errorf("subject %s: %w", Subject(topic), err)
	}
	schema, err := ParseSchema([]byte(text))
	if err != nil {
		return nil, 0, fmt.Errorf("subject %s: %w", Subject(topic), err)
	}
	return schema, found.ID, nil
}
