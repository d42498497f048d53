package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app"
	"hindsight/app/config"
	"hindsight/app/demo"
	"hindsight/app/kafka"
	"hindsight/app/publish"
	"hindsight/labels/store"
)

// stand is a broker to which the first loans of the demo and their labels come.
type stand struct {
	t         *testing.T
	published chan struct{}
	inputsEnd <-chan struct{} // published, or nil for a run without an end
	broker    *demo.Broker
	bundles   string
	registry  *http.Client
	run       int
	instance  string               // of static members; "": dynamic ones, and a transactional id for each run
	tune      func(*config.Config) // nil: the demo's configuration
	rebuilt   atomic.Int64         // partitions that were rebuilt from Kafka
	replaced  atomic.Int64         // sessions

	fs         store.FS // of JOIN's state; nil: the disk
	onRebuilt  func(n int64)
	givenUp    atomic.Int64 // rebuilds that were cancelled
	caughtUp   atomic.Int64 // partitions, …
	caughtUpBy atomic.Int64 // … by so many records
	damaged    atomic.Int64 // stores
	paused     atomic.Int64 // for want of disk
	resumed    atomic.Int64
	onPaused   func(n int64)
}

// Handle counts what the tests must have hit; slog.Handler is else discarded.
func (s *stand) Handle(_ context.Context, r slog.Record) error {
	switch {
	case r.Message == "rebuilt":
		if n := s.rebuilt.Add(1); s.onRebuilt != nil {
			s.onRebuilt(n)
		}
	case r.Message == "rebuild given up":
		s.givenUp.Add(1)
	case strings.HasPrefix(r.Message, "the state store is damaged"):
		s.damaged.Add(1)
	case r.Message == "the state's disk is almost full":
		if n := s.paused.Add(1); s.onPaused != nil {
			s.onPaused(n)
		}
	case strings.HasPrefix(r.Message, "the state's disk has space again"):
		s.resumed.Add(1)
	case r.Message == "caught up":
		s.caughtUp.Add(1)
		r.Attrs(func(a slog.Attr) bool {
			if a.Key == "records" {
				s.caughtUpBy.Add(a.Value.Int64())
			}
			return true
		})
	}
	if r.Message == "session replaced" {
		s.replaced.Add(1)
	}
	return nil
}

func (s *stand) Enabled(context.Context, slog.Level) bool { return true }
func (s *stand) WithAttrs([]slog.Attr) slog.Handler       { return s }
func (s *stand) WithGroup(string) slog.Handler            { return s }

// newStand publishes the world with its time running at speed days a second, 0
// being at once.
func newStand(t *testing.T, loans int, speed float64) *stand {
	t.Helper()
	return newStandBy(t, loans, speed, publish.WallClock{})
}

func newStandBy(t *testing.T, loans int, speed float64, clock publish.Clock) *stand {
	t.Helper()
	s := &stand{t: t, bundles: t.TempDir(), published: make(chan struct{})}
	s.inputsEnd = s.published
	var err error
	if s.broker, err = demo.StartBroker(demo.BrokerOptions{Kafka: "127.0.0.1:0"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.broker.Close() })
	s.registry = s.broker.RegistryHTTP()
	if err := demo.WriteBundle(filepath.Join(s.bundles, "car-loan")); err != nil {
		t.Fatal(err)
	}
	world, err := demo.NewWorld(demo.Options{Seed: 7, Loans: loans, BadEvents: true})
	if err != nil {
		t.Fatal(err)
	}
	feed, err := demo.NewFeed(t.Context(), world, s.broker, clock)
	if err != nil {
		t.Fatal(err)
	}
	cfg := s.config(t.TempDir())
	client, err := kafka.Connect(t.Context(), cfg.Kafka, nil, s.broker.ClientOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := kafka.Create(t.Context(), kadm.NewClient(client), cfg, kafka.Creation{Embedded: true}); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.published)
		defer feed.Close()
		if _, err := feed.Run(t.Context(), speed*24*3600); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { <-s.published })
	return s
}

func (s *stand) config(dir string) *config.Config {
	cfg, err := config.Parse(demo.Configuration(), dir)
	if err != nil {
		s.t.Fatal(err)
	}
	cfg.Kafka.Brokers, cfg.Registry.URL = s.broker.Addrs(), s.broker.RegistryURL()
	cfg.Kafka.CommitInterval = 5 * time.Millisecond
	if s.inputsEnd == nil {
		cfg.Labels.IdleAfter = 24 * time.Hour // time stands where the data ends, however long the test looks
	}
	if s.tune != nil {
		s.tune(cfg)
	}
	cfg.HTTP.Listen, cfg.State.Dir, cfg.Model.Bundles = "127.0.0.1:0", dir, s.bundles
	return cfg
}

// open makes a process with its own state directory.
func (s *stand) open(dir string, hooks ...kgo.Hook) *app.App {
	s.t.Helper()
	a, err := app.New(s.t.Context(), s.options(dir, hooks...))
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

func (s *stand) options(dir string, hooks ...kgo.Hook) app.Options {
	s.run++
	instance, cfg := s.instance, s.config(dir)
	if cfg.Kafka.Instance = instance; instance == "" {
		instance = fmt.Sprintf("run-%d", s.run)
	}
	return app.Options{
		Config: cfg, Stages: config.AllStages(), Log: slog.New(s), InputsEnd: s.inputsEnd, StateFS: s.fs,
		Client: append(s.broker.ClientOptions(), kgo.WithHooks(hooks...)), Group: s.broker.GroupOptions(), RegistryHTTP: s.registry,
		Instance: instance, MaxRecords: 50,
	}
}

// finish runs until the inputs end and returns the report without its timing.
func (s *stand) finish(dir string, hooks ...kgo.Hook) string {
	s.t.Helper()
	a := s.open(dir, hooks...)
	if err := a.Run(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	r, err := a.Report(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		s.t.Fatal(err)
	}
	if r.DeadLetters == 0 {
		s.t.Error("no dead letter: the planted events were scored")
	}
	r.Timing = app.Timing{}
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// cancelAfter calls cancel when JOIN has taken so many scores: by what was
// done, whatever the speed of the machine.
type cancelAfter struct {
	topic  string
	left   atomic.Int64
	cancel context.CancelFunc
}

func newCancelAfter(scores int64, cancel context.CancelFunc) *cancelAfter {
	c := &cancelAfter{topic: "scores", cancel: cancel}
	c.left.Store(scores)
	return c
}

// OnFetchRecordUnbuffered is a hook of franz-go.
func (c *cancelAfter) OnFetchRecordUnbuffered(r *kgo.Record, polled bool) {
	if polled && r.Topic == c.topic && c.left.Add(-1) == 0 {
		c.cancel()
	}
}

const restartLoans = 6000

func TestStoppingAndLosingTheDiskChangesNothing(t *testing.T) {
	want := newStand(t, restartLoans, 0).finish(t.TempDir())
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			s, dir := newStand(t, restartLoans, 30), t.TempDir()
			lost, midway := 0, 0
			for range 8 {
				ctx, cancel := context.WithCancel(t.Context())
				a := s.open(dir, newCancelAfter(int64(200+rng.IntN(600)), cancel))
				if err := a.Run(ctx); err != nil {
					t.Fatal(err)
				}
				cancel()
				r, err := a.Report(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if r.Outcomes["pending"] > 0 {
					midway++
				}
				if err := a.Close(); err != nil {
					t.Fatal(err)
				}
				if rng.IntN(2) == 0 {
					lost++
					if err := os.RemoveAll(filepath.Join(dir, "join")); err != nil {
						t.Fatal(err)
					}
				}
			}
			got := s.finish(dir)
			t.Logf("%d stops with scores pending, %d disks lost, %d partitions rebuilt", midway, lost, s.rebuilt.Load())
			if midway == 0 || s.rebuilt.Load() == 0 {
				t.Error("the test did not meet what it is about")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("report after 8 stops and %d lost disks (-undisturbed +got):\n%s", lost, diff)
			}
			wantSound(t, "after the stops", s.audit(s.config(dir)))
		})
	}
}

func TestTwoProcessesShareThePartitions(t *testing.T) {
	want := newStand(t, restartLoans, 0).finish(t.TempDir())
	s := newStand(t, restartLoans, 40)
	var others sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	steady := s.open(t.TempDir())
	done := make(chan error, 1)
	go func() { done <- steady.Run(ctx) }()
	dirs := []string{t.TempDir(), t.TempDir()}
	for i := range 6 {
		short, cancel := context.WithCancel(t.Context())
		a := s.open(dirs[i%2], newCancelAfter(700, cancel))
		others.Go(func() {
			defer cancel()
			if err := errors.Join(a.Run(short), a.Close()); err != nil {
				t.Error(err)
			}
		})
		others.Wait()
	}
	stop()
	if err := errors.Join(<-done, steady.Close()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, s.finish(t.TempDir())); diff != "" {
		t.Errorf("report after partitions moved (-undisturbed +got):\n%s", diff)
	}
	wantSound(t, "after partitions moved", s.audit(s.config(t.TempDir())))
}
