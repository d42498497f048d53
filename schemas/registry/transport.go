package registry

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	timeout = 5 * time.Second
	maxBody = 4 << 20
)

// guarded returns a copy of client that gives up after five seconds, reads no
// more than 4 MiB of a body, and follows redirects on the same host only.
func guarded(client *http.Client, rate *limiter) *http.Client {
	g := http.Client{}
	if client != nil {
		g = *client
	}
	if g.Timeout <= 0 || g.Timeout > timeout {
		g.Timeout = timeout
	}
	if g.Transport == nil {
		g.Transport = http.DefaultTransport
	}
	g.Transport = bounded{g.Transport, rate}
	g.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		first := via[0].URL
		if req.URL.Host != first.Host || req.URL.Scheme != first.Scheme {
			return fmt.Errorf("redirect to %s://%s refused: another host", req.URL.Scheme, req.URL.Host)
		}
		if len(via) > 3 {
			return errors.New("more than three redirects")
		}
		return nil
	}
	return &g
}

type bounded struct {
	next http.RoundTripper
	rate *limiter
}

func (t bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := t.rate.wait(req.Context()); err != nil {
		return nil, err
	}
	resp, err := t.next.RoundTrip(req)
	if err == nil {
		resp.Body = &boundedBody{ReadCloser: resp.Body, left: maxBody}
	}
	return resp, err
}

type boundedBody struct {
	io.ReadCloser
	left int
}

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left+1)])
	if b.left -= n; b.left < 0 {
		return 0, fmt.Errorf("body of more than %d bytes", maxBody)
	}
	return n, err
}
