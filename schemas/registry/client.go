package registry

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/sr"

	"hindsight/schemas"
)

// Options says where the registry is. Only URL is required.
type Options struct {
	URL        string           // http or https; user:password@ in it is taken out and sent as basic auth
	User       string           // basic auth; wins over the URL's
	Password   string           // basic auth
	Bearer     string           // token; wins over basic auth
	HTTPClient *http.Client     // its Transport and a Timeout shorter than 5 s are used; nil: the default transport
	Now        func() time.Time // the clock of the negative cache and the rate limit; nil: time.Now
}

// Client talks to one registry. It is safe for concurrent use.
type Client struct {
	sr  *sr.Client
	now func() time.Time

	mu      sync.Mutex
	cache   cache
	flights map[uint32]*flight
}

// flight is a lookup under way, for all who ask for the same id. It goes on
// though they give up, so that a slow answer is there when they ask again.
type flight struct {
	done chan struct{} // closed when the rest stands
	answer
}

// answer is what is known of an id.
type answer struct {
	schema string
	err    error
}

// New returns a client; it does not connect. The error reports a URL that is
// none, without showing it where it holds a password.
func New(o Options) (*Client, error) {
	u, err := url.Parse(o.URL)
	if err != nil {
		return nil, errors.New("registry url: not a URL") // err would repeat it
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("registry url %s: want http://host:port or https://host/path", u.Redacted())
	}
	if u.User != nil && o.User == "" {
		o.User = u.User.Username()
		o.Password, _ = u.User.Password()
	}
	u.User = nil
	if o.Now == nil {
		o.Now = time.Now
	}
	opts := []sr.ClientOpt{sr.URLs(u.String()), sr.HTTPClient(guarded(o.HTTPClient, &limiter{now: o.Now})), sr.UserAgent("hindsight")}
	switch {
	case o.Bearer != "":
		opts = append(opts, sr.BearerToken(o.Bearer))
	case o.User != "":
		opts = append(opts, sr.BasicAuth(o.User, o.Password))
	}
	client, err := sr.NewClient(opts...)
	if err != nil {
		return nil, fmt.Errorf("registry %s: %w", u, err)
	}
	return &Client{sr: client, now: o.Now, flights: map[uint32]*flight{}}, nil
}

// Schema returns the text of the schema with that id, its references written
// into it. A known id is answered for ever from memory, an unknown one for 60
// seconds; at most ten requests a second are made, later ones wait. Where ctx
// ends first the error wraps ErrUnavailable and the lookup goes on, for whoever
// asks next. Else it wraps ErrUnknownSchema, ErrSchema or ErrUnavailable.
func (c *Client) Schema(ctx context.Context, id uint32) (string, error) {
	if id > math.MaxInt32 {
		return "", fmt.Errorf("%w: id %d is beyond what a registry gives out", schemas.ErrUnknownSchema, id)
	}
	c.mu.Lock()
	if a, ok := c.cache.get(id, c.now()); ok {
		c.mu.Unlock()
		return a.schema, a.err
	}
	f, flying := c.flights[id]
	if !flying {
		f = &flight{done: make(chan struct{})}
		c.flights[id] = f
	}
	c.mu.Unlock()
	if !flying {
		go c.lead(context.WithoutCancel(ctx), id, f) // it ends: each of its requests is limited
	}
	select {
	case <-f.done:
		return f.schema, f.err
	case <-ctx.Done():
		return "", fmt.Errorf("%w: schema id %d: not answered yet: %w", schemas.ErrUnavailable, id, context.Cause(ctx))
	}
}

// lead does the lookup that others wait for.
func (c *Client) lead(ctx context.Context, id uint32, f *flight) {
	f.schema, f.err = c.fetch(ctx, id)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.flights, id)
	if !errors.Is(f.err, schemas.ErrUnavailable) {
		c.cache.put(id, f.answer, c.now())
	}
	close(f.done)
}

// fetch asks the registry.
func (c *Client) fetch(ctx context.Context, id uint32) (string, error) {
	top, err := c.sr.SchemaByID(ctx, int(id))
	if err != nil {
		return "", classify(fmt.Sprintf("schema id %d", id), err)
	}
	text, err := c.resolve(ctx, top)
	if err != nil {
		return "", fmt.Errorf("schema id %d: %w", id, err)
	}
	return text, nil
}

// Register makes schema known under subject and returns its id, the old one
// where it was known. The error wraps ErrSchema where the registry refuses it,
// as incompatible for instance, and ErrUnavailable otherwise.
func (c *Client) Register(ctx context.Context, subject, schema string) (uint32, error) {
	what := fmt.Sprintf("subject %s", subject)
	id, err := c.sr.RegisterSchema(ctx, subject, sr.Schema{Schema: schema}, -1, -1)
	if err != nil {
		return 0, classify(what, err)
	}
	if id < 0 || id > math.MaxInt32 {
		return 0, fmt.Errorf("%w: %s: the registry answered with id %d", schemas.ErrUnavailable, what, id)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cache.put(uint32(id), answer{schema: schema}, c.now())
	return uint32(id), nil
}

// classify turns an error of sr into one of ours.
func classify(what string, err error) error {
	var answered *sr.ResponseError
	if !errors.As(err, &answered) {
		return fmt.Errorf("%w: %s: %w", schemas.ErrUnavailable, what, err)
	}
	message := fmt.Sprintf("the registry answered %d", answered.StatusCode)
	if answered.Message != "" && answered.ErrorCode != 0 { // a body that is not the registry's is not shown
		message += ", " + strings.ToValidUTF8(answered.Message[:min(len(answered.Message), 300)], "")
	}
	sentinel := schemas.ErrUnavailable
	switch {
	case answered.StatusCode == http.StatusNotFound && answered.ErrorCode/100 == 404: // 40401 subject, 40402 version, 40403 schema
		sentinel = schemas.ErrUnknownSchema
	case answered.StatusCode == http.StatusNotFound:
		message += ", without a registry's error code; is the url that of a schema registry?"
	case answered.StatusCode == http.StatusConflict, answered.StatusCode == http.StatusUnprocessableEntity:
		sentinel = schemas.ErrSchema
	}
	return fmt.Errorf("%w: %s: %s", sentinel, what, message)
}
