package kafka

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/twmb/franz-go/pkg/sr"

	"hindsight/app/config"
)

const (
	registryTimeout = 10 * time.Second
	// mostRegistryBytes bounds an answer of the registry: sr reads all of it.
	mostRegistryBytes = 4 << 20
)

// Registry returns a client of the schema registry, nil where none is configured.
func Registry(cfg config.Registry) (*sr.Client, error) {
	if cfg.URL == "" {
		return nil, nil
	}
	client, err := RegistryHTTP(cfg)
	if err != nil {
		return nil, err
	}
	return sr.NewClient(sr.URLs(cfg.URL), sr.UserAgent(clientID), sr.HTTPClient(client))
}

// RegistryHTTP returns the HTTP client for the schema registry: it trusts
// registry.ca and logs in. It follows no redirects, which would carry the
// password elsewhere, and reads no answer above 4 MiB.
func RegistryHTTP(cfg config.Registry) (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if cfg.CA != "" {
		roots, err := loadRoots("registry.ca", cfg.CA)
		if err != nil {
			return nil, err
		}
		transport.TLSClientConfig.RootCAs = roots
	}
	return &http.Client{
		Timeout:   registryTimeout,
		Transport: registryTransport{next: transport, cfg: cfg},
		CheckRedirect: func(r *http.Request, _ []*http.Request) error {
			return fmt.Errorf("registry.url: the registry redirects to %s; name that address itself", r.URL.Host)
		},
	}, nil
}

// registryTransport adds the password, read anew at every request so that it
// may be rotated, and bounds the answer.
type registryTransport struct {
	next http.RoundTripper
	cfg  config.Registry
}

// RoundTrip is that of http.RoundTripper.
func (t registryTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.cfg.User != "" {
		password, err := t.cfg.Password.Reveal()
		if err != nil {
			return nil, fmt.Errorf("registry.password: %w", err)
		}
		r = r.Clone(r.Context())
		r.SetBasicAuth(t.cfg.User, password)
	}
	resp, err := t.next.RoundTrip(r)
	if err == nil {
		resp.Body = &boundedBody{ReadCloser: resp.Body, left: mostRegistryBytes}
	}
	return resp, err
}

// boundedBody fails where a plain limit would cut.
type boundedBody struct {
	io.ReadCloser
	left int
}

var errLongAnswer = errors.New("the registry's answer is longer than 4 MiB")

// Read is that of io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, errLongAnswer
	}
	return n, err
}
