package app_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"

	"hindsight/app/kafka"
)

// outage stands between the program and its registry: lookups of one id meet a
// fault until enough have and SCORE has been seen to go on.
type outage struct {
	next http.RoundTripper
	url  string
	id   uint32
	how  func(o *outage, req *http.Request) (*http.Response, error)

	faults  int64 // at least
	hit     atomic.Int64
	scored  func() int64 // scores so far
	flow    int64        // that many must be there before it ends
	over    atomic.Bool
	handed  atomic.Int64 // bytes of bodies that were read
	mu      sync.Mutex
	at      []time.Time // of every request
	foreign []string    // hosts other than the registry's
}

func (o *outage) RoundTrip(req *http.Request) (*http.Response, error) {
	o.mu.Lock()
	o.at = append(o.at, time.Now())
	if "http://"+req.URL.Host != o.url {
		o.foreign = append(o.foreign, req.URL.Host)
	}
	o.mu.Unlock()
	if path.Base(req.URL.Path) != strconv.Itoa(int(o.id)) || o.over.Load() {
		return o.next.RoundTrip(req)
	}
	if o.hit.Add(1) >= o.faults && o.scored() >= o.flow {
		o.over.Store(true)
	}
	return o.how(o, req)
}

func answer(req *http.Request, status int, header http.Header, body io.Reader) *http.Response {
	return &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header, Body: io.NopCloser(body), ContentLength: -1, Request: req}
}

// busiest is the largest number of requests within one second.
func (o *outage) busiest() (most int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, from := range o.at {
		n := 0
		for _, at := range o.at[i:] {
			if at.Sub(from) < time.Second {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// endless is a body of a gigabyte that counts what is read of it.
type endless struct {
	o    *outage
	left int
}

func (e *endless) Read(p []byte) (int, error) {
	n := min(len(p), e.left)
	if n == 0 {
		return 0, io.EOF
	}
	copy(p, bytes.Repeat([]byte{'a'}, n))
	e.left -= n
	e.o.handed.Add(int64(n))
	return n, nil
}

// The registry fails while labels of a schema come that nobody has seen
// (GUARANTEES.md R26; S20): events, whose schema is
// known, keep flowing, labels wait and are no dead letters, and the result is
// that of a run that met no fault.
func TestRegistryOutage(t *testing.T) {
	const loans = 1500
	want := newStand(t, loans, 0).finish(t.TempDir())
	for name, how := range map[string]func(o *outage, req *http.Request) (*http.Response, error){
		"down": func(*outage, *http.Request) (*http.Response, error) { return nil, errors.New("connection refused") },
		"500": func(_ *outage, req *http.Request) (*http.Response, error) {
			return answer(req, 500, http.Header{}, strings.NewReader(`{"error_code": 50001, "message": "backend store"}`)), nil
		},
		"not a registry": func(_ *outage, req *http.Request) (*http.Response, error) {
			return answer(req, 404, http.Header{}, strings.NewReader(`<html>no such page</html>`)), nil
		},
		"slow": func(o *outage, req *http.Request) (*http.Response, error) {
			select { // slower than a turn of JOIN waits
			case <-req.Context().Done():
				return nil, req.Context().Err()
			case <-time.After(700 * time.Millisecond):
			}
			if o.over.Load() {
				return o.next.RoundTrip(req)
			}
			return nil, errors.New("reset by peer")
		},
		"a gigabyte": func(o *outage, req *http.Request) (*http.Response, error) {
			return answer(req, 200, http.Header{}, io.MultiReader(strings.NewReader(`{"schema": "`), &endless{o, 1 << 30})), nil
		},
		"redirect": func(_ *outage, req *http.Request) (*http.Response, error) {
			return answer(req, 302, http.Header{"Location": {"http://169.254.169.254/latest/meta-data"}}, http.NoBody), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, loans, 0)
			<-s.published
			o := s.outage(how, 6, loans/2)
			got := s.finish(t.TempDir())
			t.Logf("%d lookups failed, at most %d requests in a second, %d bytes of bodies", o.hit.Load(), o.busiest(), o.handed.Load())
			if !o.over.Load() {
				t.Errorf("%d lookups met the fault, want 6, and half of the scores beside them", o.hit.Load())
			}
			if n := s.replaced.Load(); n > 0 {
				t.Errorf("%d sessions were replaced, want the partition to wait", n)
			}
			if n := o.busiest(); n > 20 { // ten a second, and a bucket of ten
				t.Errorf("%d requests within a second", n)
			}
			if len(o.foreign) > 0 {
				t.Errorf("requests to other hosts: %v", o.foreign)
			}
			if n := o.handed.Load(); n > o.hit.Load()*(5<<20) || name == "a gigabyte" && n == 0 {
				t.Errorf("%d bytes were read of bodies", n)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("report after the outage (-undisturbed +got):\n%s", diff)
			}
		})
	}
}

// outage makes the registry fail for the schema of labels.
func (s *stand) outage(how func(*outage, *http.Request) (*http.Response, error), faults, flow int64) *outage {
	s.t.Helper()
	o := &outage{url: s.broker.RegistryURL(), next: s.broker.RegistryHTTP().Transport, how: how, scored: s.scores, faults: faults, flow: flow}
	client, err := s.broker.SchemaRegistry()
	if err != nil {
		s.t.Fatal(err)
	}
	for id := uint32(1); o.id == 0; id++ {
		text, err := client.Schema(s.t.Context(), id)
		if err != nil {
			s.t.Fatal(err)
		}
		if strings.Contains(text, "Repayment") {
			o.id = id
		}
	}
	s.registry = &http.Client{Transport: o}
	return o
}

// scores counts what is in the topic of scores, markers of transactions too.
func (s *stand) scores() (n int64) {
	client, err := kafka.Connect(s.t.Context(), s.config(s.t.TempDir()).Kafka, nil, s.broker.ClientOptions()...)
	if err != nil {
		s.t.Error(err)
		return 0
	}
	defer client.Close()
	ends, err := kadm.NewClient(client).ListEndOffsets(s.t.Context(), "scores")
	if err != nil {
		s.t.Error(err)
	}
	for _, end := range ends["scores"] {
		n += end.Offset
	}
	return n
}

// A registry that stays away is told of: /readyz says for what JOIN waits, and
// for how long. It recovers by itself.
func TestLongRegistryOutageIsToldOf(t *testing.T) {
	s := newStand(t, 300, 0)
	<-s.published
	o := s.outage(func(*outage, *http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }, 1<<40, 0)
	a := s.open(t.TempDir())
	told := make(chan string, 1)
	stop := make(chan struct{})
	go func() {
		for tick := time.NewTicker(200 * time.Millisecond); ; {
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
			}
			resp, err := http.Get(fmt.Sprintf("http://%v/readyz", a.Addr()))
			if err != nil {
				continue
			}
			body, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK && strings.Contains(string(body), "connection refused") {
				o.over.Store(true) // it comes back
				told <- string(body)
				return
			}
		}
	}()
	err := a.Run(t.Context())
	close(stop)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case text := <-told:
		if !strings.Contains(text, "labels/") && !strings.Contains(text, "repayments/") {
			t.Errorf("/readyz says %q, want the partition that waits", text)
		}
		t.Logf("%d lookups failed; /readyz: %s", o.hit.Load(), text)
	default:
		t.Error("/readyz never told of the outage")
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}
