package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app"
	"hindsight/app/config"
)

// line is the way to the broker: it can be cut, and it can stand still.
type line struct {
	mu     sync.Mutex
	change *sync.Cond
	cut    bool
	frozen bool
	conns  map[*lineConn]bool
}

type lineConn struct {
	net.Conn
	line   *line
	closed bool
}

func newLine() *line {
	l := &line{conns: map[*lineConn]bool{}}
	l.change = sync.NewCond(&l.mu)
	return l
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return nil, errors.New("the line is cut")
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &lineConn{Conn: conn, line: l}
	l.conns[c] = true
	return c, nil
}

func (l *line) set(cut, frozen bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut, l.frozen = cut, frozen
	for c := range l.conns {
		if cut {
			_ = c.Conn.Close()
		}
	}
	l.change.Broadcast()
}

func (c *lineConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	for c.line.frozen && !c.closed {
		c.line.change.Wait()
	}
	return n, err
}

func (c *lineConn) Close() error {
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	c.closed = true
	delete(c.line.conns, c)
	c.line.change.Broadcast()
	return c.Conn.Close()
}

// openOn makes a process whose way to the broker is l.
func (s *stand) openOn(l *line, cfg *config.Config, hooks ...kgo.Hook) *app.App {
	s.t.Helper()
	a, err := app.New(s.t.Context(), app.Options{
		Config: cfg, Stages: config.AllStages(), Log: slog.New(s), InputsEnd: s.inputsEnd,
		Client: append(s.broker.ClientOptions(), kgo.WithHooks(hooks...), kgo.Dialer(l.dial)), Group: s.broker.GroupOptions(), RegistryHTTP: s.broker.RegistryHTTP(),
		Instance: s.t.Name(), MaxRecords: 50,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// probe returns the status of a page and the reason that it gives.
func probe(t *testing.T, a *app.App, path string) (status int, reason string) {
	t.Helper()
	r, err := http.Get("http://" + a.Addr().String() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

// awaitProbe asks /readyz until it answers so; /healthz is well all the while.
func awaitProbe(t *testing.T, a *app.App, want int, reason string) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for ; ; <-again.C {
		if status, text := probe(t, a, "/healthz"); status != http.StatusOK {
			t.Fatalf("/healthz: %d %s", status, text)
		}
		if status, text := probe(t, a, "/readyz"); status == want && strings.Contains(text, reason) {
			return
		}
	}
}

// While no broker answers the process is alive and not ready, with the reason,
// and it goes on by itself once one does (GUARANTEES.md R7 and F.9).
func TestKafkaOutOfReachIsNotReadyAndHeals(t *testing.T) {
	want := newStand(t, restartLoans, 0).finish(t.TempDir())
	s, l := newStand(t, restartLoans, 0), newLine()
	healed, reached := make(chan struct{}), make(chan struct{})
	s.inputsEnd = healed // it cannot end before
	a := s.openOn(l, s.config(t.TempDir()), newCancelAfter(500, func() { close(reached) }))
	done := make(chan error, 1)
	go func() { done <- a.Run(t.Context()) }()
	<-reached
	l.set(true, false)
	awaitProbe(t, a, http.StatusServiceUnavailable, "")
	l.set(false, false)
	select {
	case err := <-done:
		t.Fatalf("ended while no broker answered: %v", err)
	default:
	}
	awaitProbe(t, a, http.StatusOK, "")
	<-s.published
	close(healed)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, s.report(a)); diff != "" {
		t.Errorf("report (-undisturbed +got):\n%s", diff)
	}
}

// A stop is told to /readyz at once. One that cannot finish, because the broker
// stands still, is given up after kafka.shutdown_timeout, and nothing is lost.
func TestAStopIsToldAtOnceAndBounded(t *testing.T) {
	want := newStand(t, restartLoans, 0).finish(t.TempDir())
	s, l := newStand(t, restartLoans, 0), newLine()
	cfg := s.config(t.TempDir())
	cfg.Kafka.ShutdownTimeout = time.Second
	reached := make(chan struct{})
	a := s.openOn(l, cfg, newCancelAfter(500, func() { l.set(false, true); close(reached) }))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	<-reached
	stop()
	awaitProbe(t, a, http.StatusServiceUnavailable, "stopping")
	if err := <-done; err == nil || !strings.Contains(err.Error(), "kafka.shutdown_timeout (1s)") {
		t.Fatalf("the stop ended with %v", err)
	}
	l.set(true, false)                                  // as if the process had ended
	again := s.openOn(newLine(), s.config(t.TempDir())) // of the same instance: it fences what was left open
	if err := again.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, s.report(again)); diff != "" {
		t.Errorf("report after a stop that was given up (-undisturbed +got):\n%s", diff)
	}
}

// report returns what a run did without its timing.
func (s *stand) report(a *app.App) string {
	s.t.Helper()
	r, err := a.Report(s.t.Context())
	if err == nil {
		err = a.Close()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	r.Timing = app.Timing{}
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}
