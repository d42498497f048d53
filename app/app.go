package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/plugin/kprom"

	"hindsight/app/config"
	"hindsight/app/kafka"
	"hindsight/app/memory"
	"hindsight/app/telemetry"
	"hindsight/consumer"
	"hindsight/labels/store"
	"hindsight/schemas/registry"
	"hindsight/scoring"
)

// Options say what of the program runs here, and where it finds its services.
type Options struct {
	Config *config.Config
	Stages []config.Stage
	Title  string // of the page
	Log    *slog.Logger

	// InputsEnd makes the run bounded: it ends when every input is read to
	// where it ends once this channel is closed. nil: it runs until stopped.
	InputsEnd <-chan struct{}
	// Speed is how many seconds of stream time pass in one second while all
	// sources idle; 0 stands for 1.
	Speed float64

	StateFS      store.FS     // of JOIN's store; nil: the disk
	Client       []kgo.Opt    // beside those of the configuration
	Group        []kgo.Opt    // of group members
	RegistryHTTP *http.Client // nil: by TCP
	AcceptLoss   bool         // go on behind events and labels that were deleted before they were read
	Instance     string       // for transactional ids; "": kafka.instance, or kept in the state directory
	MaxRecords   int          // most records in one transaction; 0: what the memory bound allows
	Memory       int64        // bound in bytes that the buffers derive from; 0: memory.limit
}

// App is the program as a value: New, Run, Close.
type App struct {
	options  Options
	config   *config.Config
	log      *slog.Logger
	base     []kgo.Opt
	client   *kgo.Client
	admin    *kadm.Client
	metrics  *telemetry.Metrics
	gatherer *prometheus.Registry
	listener net.Listener
	registry *registry.Client
	bundle   *scoring.Bundle
	framings framings
	top      topology
	sizes    sizes
	view     *View
	ends     *ends
	ready    readiness
	cleanup  []func() error // in the order of construction; run backwards
	started  time.Time
	stopping atomic.Bool
	budget   memory.Budget
	clock    steadyClock
}

// New checks and connects everything that the stages need. It starts nothing.
func New(ctx context.Context, o Options) (*App, error) {
	a := &App{options: o, config: o.Config, log: o.Log, gatherer: prometheus.NewRegistry(), started: time.Now(), clock: newSteadyClock()}
	if a.options.Speed == 0 {
		a.options.Speed = 1
	}
	if a.options.Memory == 0 {
		a.options.Memory = int64(o.Config.Memory.Limit)
	}
	a.budget = memory.Divide(a.options.Memory)
	if a.options.MaxRecords == 0 {
		a.options.MaxRecords = a.budget.Records
	}
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) open(ctx context.Context) error {
	if err := a.config.For(a.options.Stages); err != nil {
		return err
	}
	a.metrics = telemetry.New(a.gatherer)
	for _, r := range a.config.Watch.Alarms {
		if r.Feed == "" {
			a.metrics.RequireCoverage(r.Window, r.MinCoverage)
		}
	}
	if a.options.Instance == "" {
		i, err := openInstance(a.config.State.Dir)
		if err != nil {
			return err
		}
		a.options.Instance = cmp.Or(a.config.Kafka.Instance, i.id)
		a.cleanup = append(a.cleanup, i.close)
	}
	if a.runs(config.StageScore) {
		if err := a.loadBundle(ctx); err != nil {
			return err
		}
	}
	if err := a.connect(ctx); err != nil {
		return kafka.Unreachable(err)
	}
	var err error
	if a.registry, err = newRegistry(a.config.Registry, a.options.RegistryHTTP); err != nil {
		return err
	}
	if a.framings, err = newFramings(ctx, a.config, a.registry); err != nil {
		return err
	}
	if a.runs(config.StageJoin) {
		err := a.checkTimeScales(ctx)
		if err == nil {
			err = a.checkPlacement(ctx)
		}
		if err != nil {
			return kafka.Unreachable(err)
		}
	}
	if a.options.InputsEnd != nil {
		a.ends = &ends{admin: a.admin, topics: a.inputs(), closed: a.options.InputsEnd}
	}
	a.view = newView(a)
	return a.listen()
}

// connect makes the client, and sees that the topics are as the stages need them.
func (a *App) connect(ctx context.Context) (err error) {
	if a.base, err = kafka.Options(a.config.Kafka, clientLog(a.log), a.options.Client...); err != nil {
		return err
	}
	if a.client, err = kgo.NewClient(append(a.base, kgo.ClientID("hindsight-admin"))...); err != nil {
		return fmt.Errorf("kafka client: %w", err)
	}
	a.cleanup = append(a.cleanup, func() error { a.client.Close(); return nil })
	if err := kafka.Ping(ctx, a.client, a.config.Kafka); err != nil {
		return err
	}
	a.admin = kadm.NewClient(a.client)
	brokers, err := kafka.BrokersOf(ctx, a.admin)
	if err != nil {
		return err
	}
	a.log.Info("brokers", "n", brokers.N, "version", brokers.Version, "transaction_version", brokers.TransactionVersion)
	if risk := brokers.Risk(a.config.Kafka); risk != "" {
		a.log.Warn("exactly-once is at risk on these brokers", "reason", risk)
	}
	topics, err := kafka.Describe(ctx, a.admin, a.config)
	if err == nil {
		err = kafka.FaultsFor(topics, a.options.Stages)
	}
	if err != nil {
		return err
	}
	a.sizes = newSizes(topics)
	if a.top, err = readTopology(ctx, a.admin, a.config, a.options.Stages); err != nil {
		return err
	}
	return a.checkCommitted(ctx)
}

func (a *App) runs(s config.Stage) bool { return slices.Contains(a.options.Stages, s) }

// inputs are the topics of the user's that the stages here depend on.
func (a *App) inputs() []string {
	switch {
	case a.runs(config.StageJoin) || a.runs(config.StageWatch) && a.config.Labels.Topic != "":
		source, _ := a.config.Source()
		return []string{source, a.config.Labels.Topic}
	case a.runs(config.StageScore):
		return []string{a.config.Events.Topic}
	}
	return nil // WATCH alone, without a word of the inputs, ends with what JOIN ended last
}

// acceptable are the topics that somebody else writes, and may delete from.
func (a *App) acceptable() []string {
	source, _ := a.config.Source()
	return []string{source, a.config.Labels.Topic}
}

// Run runs the stages until parent ends, or until the inputs of a bounded run are
// read to their end. The first stage that fails stops the others.
func (a *App) Run(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	stages := map[config.Stage]func(context.Context) error{
		config.StageScore: a.runScore, config.StageJoin: a.runStored, config.StageWatch: a.runWatch,
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var aside, group sync.WaitGroup
	faults := make([]error, len(a.options.Stages))
	aside.Go(func() { a.view.run(background) })
	aside.Go(func() { a.serve(background) })
	aside.Go(func() {
		if err := (&guard{a.admin, a.top}).run(background, a.log); err != nil {
			cancel(err)
		}
	})
	for i, name := range a.options.Stages {
		group.Go(func() {
			if err := stages[name](ctx); err != nil {
				faults[i] = fmt.Errorf("%s: %w", name, a.withCure(err))
				cancel(faults[i])
			}
		})
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		group.Wait()
		a.view.finish(background, a.ends != nil && ctx.Err() == nil)
		stop()
		aside.Wait()
	}()
	// What is asked for readiness hears of the stop before anything has ended.
	defer context.AfterFunc(parent, func() { a.stopping.Store(true) })()
	if err := a.drain(parent, ended); err != nil {
		return err
	}
	if parent.Err() != nil {
		return errors.Join(faults...)
	}
	return context.Cause(ctx)
}

// drain waits until the stages have ended by themselves, or, once parent has
// ended, for as long as a stop may take.
func (a *App) drain(parent context.Context, ended <-chan struct{}) error {
	select {
	case <-ended:
		return nil
	case <-parent.Done():
	}
	timeout := a.config.Kafka.ShutdownTimeout
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-ended:
		return nil
	case <-timer.C:
		return fmt.Errorf("not stopped within kafka.shutdown_timeout (%v): given up; nothing is lost, the next start undoes or repeats what was under way", timeout)
	}
}

// Close gives back what New took, last first.
func (a *App) Close() error {
	var faults []error
	for i := len(a.cleanup) - 1; i >= 0; i-- {
		faults = append(faults, a.cleanup[i]())
	}
	a.cleanup = nil
	return errors.Join(faults...)
}

// Addr is where the page is served.
func (a *App) Addr() net.Addr { return a.listener.Addr() }

// View is what the page and the terminal show.
func (a *App) View() *View { return a.view }

func (a *App) member(stage config.Stage, lead string) consumer.Config {
	// WATCH publishes little, and its memory of the alarms must be that of its
	// commit: it uses transactions whatever the others do.
	delivery := consumer.ExactlyOnce
	if a.config.Kafka.Delivery == config.AtLeastOnce && stage != config.StageWatch {
		delivery = consumer.AtLeastOnce
	}
	group := a.config.Kafka.StageGroup(stage)
	opts := append([]kgo.Opt{}, a.base...)
	timeouts := a.config.Kafka
	opts = append(opts, kgo.ClientID("hindsight-"+string(stage)), kgo.FetchMaxWait(500*time.Millisecond),
		kgo.MaxConcurrentFetches(a.budget.Fetches),
		kgo.MaxBufferedBytes(a.budget.Produce), kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.SessionTimeout(timeouts.SessionTimeout), kgo.HeartbeatInterval(min(3*time.Second, timeouts.SessionTimeout/5)),
		kgo.TransactionTimeout(timeouts.TransactionTimeout))
	return consumer.Config{
		Name: string(stage), Client: append(opts, a.options.Group...), Group: group,
		TransactionalID: group + "-" + a.options.Instance, Delivery: delivery,
		CommitInterval: a.config.Kafka.CommitInterval, EndTimeout: timeouts.TransactionTimeout, StopTimeout: timeouts.ShutdownTimeout / 3, Lead: lead,
		MaxRecords: a.options.MaxRecords, PollBytes: a.budget.Poll, Instance: timeouts.Instance,
		AcceptLoss: func(topic string) bool {
			return a.options.AcceptLoss && slices.Contains(a.acceptable(), topic)
		},
		Held: func(p consumer.Partition, h consumer.Hold, since time.Duration) {
			a.ready.held(string(stage), p, h, since)
		},
		MaxMessage: a.sizes.of,
		Inflation:  func(pools ...kgo.Pool) []kgo.Opt { return kafka.BoundInflation(2*a.budget.Fetch, pools...) },
		Hooks: func() []kgo.Hook { // a kprom.Metrics holds the figures of one client
			return []kgo.Hook{
				kprom.NewMetrics("hindsight_kafka", kprom.Registerer(a.gatherer), kprom.WithClientLabel()),
				kafka.BoundFetches(a.budget.Fetch),
			}
		},
		Now: a.clock.now,
		Log: a.log,
	}
}

func (a *App) lookup() schemaLookup {
	if a.registry == nil {
		return nil
	}
	return a.registry.Schema
}
