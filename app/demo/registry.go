package demo

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
)

// schemaRegistry is a schema registry inside the process. srfake keeps nothing, so
// that the schemas are written to a file after every change.
type schemaRegistry struct {
	fake   *srfake.Registry
	url    string
	client *http.Client
	server *http.Server // nil: no port
	path   string       // of the file; "": none

	mu sync.Mutex // one request that changes something at a time
}

func startRegistry(dir, addr string) (*schemaRegistry, error) {
	r := &schemaRegistry{fake: srfake.NewRegistry()}
	if dir != "" {
		r.path = filepath.Join(dir, "registry.json")
		if err := r.load(); err != nil {
			return nil, err
		}
	}
	if addr == "" {
		r.url, r.client = "http://registry.demo", &http.Client{Transport: inProcess{r}}
		return r, nil
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	r.url, r.client = "http://"+listener.Addr().String(), new(http.Client)
	r.server = &http.Server{Handler: r}
	go func() { _ = r.server.Serve(listener) }()
	return r, nil
}

func (r *schemaRegistry) close() error {
	if r.server == nil {
		return nil
	}
	return r.server.Close()
}

// ServeHTTP answers as the registry does; what changes it is saved before the
// answer goes out.
func (r *schemaRegistry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if r.path == "" || req.Method == http.MethodGet {
		r.fake.Handler().ServeHTTP(w, req)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	answer := &recorder{header: http.Header{}, status: http.StatusOK}
	r.fake.Handler().ServeHTTP(answer, req)
	if err := r.save(req.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	for k, v := range answer.header {
		w.Header()[k] = v
	}
	w.WriteHeader(answer.status)
	_, _ = w.Write(answer.body.Bytes())
}

// save writes all schemas, in the order of subject and version.
func (r *schemaRegistry) save(ctx context.Context) error {
	client, err := sr.NewClient(sr.URLs("http://registry.demo"), sr.HTTPClient(&http.Client{Transport: inProcess{r.fake.Handler()}}))
	if err != nil {
		return err
	}
	all, err := client.AllSchemas(ctx)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	next := r.path + ".next"
	if err := os.WriteFile(next, text, 0o644); err != nil {
		return err
	}
	return os.Rename(next, r.path)
}

func (r *schemaRegistry) load() error {
	text, err := os.ReadFile(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var all []sr.SubjectSchema
	if err := json.Unmarshal(text, &all); err != nil {
		return fmt.Errorf("%s: %w", r.path, err)
	}
	slices.SortStableFunc(all, func(a, b sr.SubjectSchema) int { return cmp.Compare(a.ID, b.ID) })
	seen := map[int]bool{}
	for _, s := range all {
		if err := r.restore(s, !seen[s.ID]); err != nil {
			return fmt.Errorf("%s: subject %s version %d: %w", r.path, s.Subject, s.Version, err)
		}
		seen[s.ID] = true
	}
	return nil
}

// restore puts back one schema. srfake seeds an id once only, and panics on
// what it does not like.
func (r *schemaRegistry) restore(s sr.SubjectSchema, first bool) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("%v", fault)
		}
	}()
	if first {
		r.fake.SeedSchema(s.Subject, s.Version, s.ID, s.Schema)
		return nil
	}
	_, _, err = r.fake.RegisterSchema(s.Subject, s.Schema)
	return err
}

// inProcess carries requests to a handler without a port.
type inProcess struct{ http.Handler }

// RoundTrip implements http.RoundTripper.
func (p inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	served := req.Clone(req.Context())
	if served.Body == nil {
		served.Body = http.NoBody
	}
	served.RequestURI = req.URL.RequestURI()
	answer := &recorder{header: http.Header{}, status: http.StatusOK}
	p.ServeHTTP(answer, served)
	_ = served.Body.Close()
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", answer.status, http.StatusText(answer.status)),
		StatusCode:    answer.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        answer.header,
		Body:          io.NopCloser(&answer.body),
		ContentLength: int64(answer.body.Len()),
		Request:       req,
	}, nil
}

// recorder holds an answer.
type recorder struct {
	header http.Header
	status int
	wrote  bool
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if !r.wrote {
		r.status, r.wrote = status, true
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	r.wrote = true
	return r.body.Write(b)
}
