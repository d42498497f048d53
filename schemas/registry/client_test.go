package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"hindsight/schemas"
)

const event = `{"type":"record","name":"Event","fields":[{"name":"x","type":"int"}]}`

// handler is an http.RoundTripper without a network, which fake time can follow.
type handler struct {
	http.Handler
	asked atomic.Int64
}

func (h *handler) RoundTrip(req *http.Request) (*http.Response, error) {
	h.asked.Add(1)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w.Result(), nil
}

func newClient(t *testing.T, h http.Handler, change func(*Options)) (*Client, *handler) {
	t.Helper()
	transport := &handler{Handler: h}
	o := Options{URL: "http://registry.test", HTTPClient: &http.Client{Transport: transport}}
	if change != nil {
		change(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c, transport
}

func TestSchemaAndRegister(t *testing.T) {
	fake := srfake.New() // over a real socket, once
	defer fake.Close()
	c, err := New(Options{URL: fake.URL()})
	if err != nil {
		t.Fatal(err)
	}
	id, err := c.Register(t.Context(), "events-value", event)
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.Register(t.Context(), "events-value", event)
	if err != nil || again != id {
		t.Errorf("registered as %d, then as %d, %v", id, again, err)
	}
	other, err := New(Options{URL: fake.URL() + "/"})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := other.Schema(t.Context(), id); err != nil || text != event {
		t.Errorf("%s, %v", text, err)
	}
	if _, err := other.Schema(t.Context(), 99); !errors.Is(err, schemas.ErrUnknownSchema) || !strings.Contains(err.Error(), "schema id 99") {
		t.Errorf("%v", err)
	}
	fake.Close()
	if text, err := other.Schema(t.Context(), id); err != nil || text != event {
		t.Errorf("a known id without the registry: %s, %v", text, err)
	}
	if _, err := other.Schema(t.Context(), 100); !errors.Is(err, schemas.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	if _, err := other.Register(t.Context(), "x", event); !errors.Is(err, schemas.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

func TestUnknownIDsAreNotAskedForAgain(t *testing.T) {
	now := time.Unix(0, 0)
	fake := srfake.NewRegistry()
	c, asked := newClient(t, fake.Handler(), func(o *Options) { o.Now = func() time.Time { return now } })
	want := func(n int64) {
		t.Helper()
		if asked.asked.Load() != n {
			t.Errorf("%d requests, want %d", asked.asked.Load(), n)
		}
	}
	for range 5 {
		if _, err := c.Schema(t.Context(), 7); !errors.Is(err, schemas.ErrUnknownSchema) {
			t.Fatal(err)
		}
	}
	want(1)
	now = now.Add(unknownFor - 1)
	_, _ = c.Schema(t.Context(), 7)
	want(1)
	fake.SeedSchema("s", 1, 7, sr.Schema{Schema: event})
	now = now.Add(1)
	for range 5 {
		if text, err := c.Schema(t.Context(), 7); err != nil || text != event {
			t.Fatal(text, err)
		}
		now = now.Add(1000 * time.Hour)
	}
	want(2)
	if _, err := c.Schema(t.Context(), 1<<31); !errors.Is(err, schemas.ErrUnknownSchema) {
		t.Error(err)
	}
	want(2)
}

func TestTenLookupsASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := srfake.NewRegistry()
		c, asked := newClient(t, fake.Handler(), nil)
		start := time.Now()
		for id := range uint32(35) {
			_, _ = c.Schema(t.Context(), id)
		}
		if took := time.Since(start); took != 2500*time.Millisecond || asked.asked.Load() != 35 {
			t.Errorf("%d lookups in %s, want 35 in 2.5s", asked.asked.Load(), took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if _, err := c.Schema(ctx, 1000); !errors.Is(err, schemas.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		// The lookup went on, and who asks again waits for the same.
		if _, err := c.Schema(t.Context(), 1000); !errors.Is(err, schemas.ErrUnknownSchema) || asked.asked.Load() != 36 {
			t.Errorf("%v after %d requests, want the answer of the 36th", err, asked.asked.Load())
		}
	})
}

func TestLookupsOfOneIDAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			<-release
			_ = json.NewEncoder(w).Encode(sr.Schema{Schema: event})
		})
		c, asked := newClient(t, h, nil)
		leader, giveUp := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for i := range 20 {
			ctx := t.Context()
			if i == 0 {
				ctx = leader
			}
			group.Go(func() {
				if text, err := c.Schema(ctx, 7); err != nil || text != event {
					t.Errorf("%s, %v", text, err)
				}
			})
			synctest.Wait()
		}
		if n := asked.asked.Load(); n != 1 {
			t.Errorf("%d requests", n)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.Schema(ctx, 7); !errors.Is(err, schemas.ErrUnavailable) {
			t.Errorf("who gives up waiting: %v", err)
		}
		close(release)
		group.Wait()
		giveUp()
	})
}

// A lookup outlives those who asked first: whoever asks later gets its answer.
func TestWhoAskedGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var asked atomic.Int64
		transport := roundTrip(func(*http.Request) (*http.Response, error) {
			asked.Add(1)
			<-release
			w := httptest.NewRecorder()
			_ = json.NewEncoder(w).Encode(sr.Schema{Schema: event})
			return w.Result(), nil
		})
		c, err := New(Options{URL: "http://registry.test", HTTPClient: &http.Client{Transport: transport}})
		if err != nil {
			t.Fatal(err)
		}
		first, giveUp := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			if _, err := c.Schema(first, 7); !errors.Is(err, context.Canceled) || !errors.Is(err, schemas.ErrUnavailable) {
				t.Errorf("who asked first: %v", err)
			}
		})
		synctest.Wait()
		giveUp()
		group.Wait()
		group.Go(func() {
			if text, err := c.Schema(t.Context(), 7); err != nil || text != event {
				t.Errorf("who asked later: %s, %v", text, err)
			}
		})
		synctest.Wait()
		close(release)
		group.Wait()
		if n := asked.Load(); n != 1 {
			t.Errorf("%d requests, want 1", n)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestCacheIsBounded(t *testing.T) {
	var c cache
	now := time.Unix(0, 0)
	unknown := answer{err: fmt.Errorf("x: %w", schemas.ErrUnknownSchema)}
	for id := range uint32(3 * maxEntries) {
		c.put(id, answer{schema: "s"}, now)
		c.put(id+1_000_000, unknown, now)
	}
	for _, s := range []shelf{c.known, c.unknown} {
		if len(s.entries) != maxEntries || len(s.order) != maxEntries {
			t.Errorf("%d entries, %d in order", len(s.entries), len(s.order))
		}
	}
	if _, ok := c.get(3*maxEntries-1, now); !ok {
		t.Error("the newest is gone")
	}
	if _, ok := c.get(0, now); ok {
		t.Error("the oldest is there")
	}
	c.put(3*maxEntries-1, unknown, now)
	if a, _ := c.get(3*maxEntries-1, now); a.err == nil || len(c.known.entries) != maxEntries-1 {
		t.Error("an answer stands on both shelves")
	}
}

func TestClassesOfAnswers(t *testing.T) {
	body := func(code int) string { return fmt.Sprintf(`{"error_code":%d,"message":"because"}`, code) }
	for _, c := range []struct {
		status int
		body   string
		want   error
		text   string
	}{
		{404, body(40403), schemas.ErrUnknownSchema, "because"},
		{404, body(40401), schemas.ErrUnknownSchema, "because"},
		{404, "<html>secret page</html>", schemas.ErrUnavailable, "is the url that of a schema registry?"},
		{401, body(401), schemas.ErrUnavailable, "401"},
		{403, "", schemas.ErrUnavailable, "403"},
		{500, body(50001), schemas.ErrUnavailable, "because"},
		{503, "busy", schemas.ErrUnavailable, "503"},
		{200, "<html>", schemas.ErrUnavailable, "schema id 7"},
		{409, body(409), schemas.ErrSchema, "because"},
		{422, body(42201), schemas.ErrSchema, "because"},
		{200, `{"schema":"message A {}","schemaType":"PROTOBUF"}`, schemas.ErrSchema, "PROTOBUF"},
		{500, fmt.Sprintf(`{"error_code":50001,"message":%q}`, strings.Repeat("é", 5000)), schemas.ErrUnavailable, "é"},
	} {
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		})
		client, _ := newClient(t, h, nil)
		_, err := client.Schema(t.Context(), 7)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "secret page") || len(err.Error()) > 600 {
			t.Errorf("%d %.40s: %v", c.status, c.body, err)
		}
	}
}
