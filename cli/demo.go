package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"golang.org/x/term"

	"hindsight/app"
	"hindsight/app/config"
	"hindsight/app/demo"
	"hindsight/app/kafka"
	"hindsight/app/publish"
	"hindsight/app/terminal"
)

// demoFlags are the flags of demo.
type demoFlags struct {
	speed  speedFlag
	exit   bool
	report string
	http   string
	seed   uint64
	dir    string
	kafka  string
	export string
	bundle string
	logs   bool
}

// defaultSpeed shows a month in three seconds, the whole in about a minute.
const defaultSpeed = 10 * 24 * time.Hour

func newDemoCommand() *cobra.Command {
	f := demoFlags{speed: speedFlag(defaultSpeed)}
	c := &cobra.Command{
		Use:   "demo",
		Short: "See the whole loop at work on real data, with nothing installed",
		Long: `See the whole loop at work: a broker and a schema registry start inside the
process, 100,000 car loans of 20 months are decided upon, what became of each is
learnt days or weeks later, and the accuracy of the decisions is watched. In the
spring of 2019 it really falls: see how soon that shows, and what the alarm says.

It runs until Ctrl-C. With --exit it ends when the data ends.`,
		Example: `  hindsight demo
  hindsight demo --speed max --exit --report report.json
  hindsight demo --bundle car-loan@2                    # LightGBM, trained in Python
  hindsight demo --export ./car-loan                    # the same data for a broker of yours
  hindsight demo --kafka 127.0.0.1:19192 --dir ./demo   # look around with other clients`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return runDemo(c.Context(), f, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().Var(&f.speed, "speed", "stream time that passes in one second, such as 10d, or max")
	c.Flags().BoolVar(&f.exit, "exit", false, "end when the data ends")
	c.Flags().StringVar(&f.report, "report", "", "write what the run did to `FILE` (JSON); - is stdout")
	c.Flags().StringVar(&f.http, "http", "127.0.0.1:8080", "`ADDR` of the page; port 0 takes a free one")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "seed of the schedule of the labels")
	c.Flags().StringVar(&f.dir, "dir", "", "keep everything in `DIR`; without it nothing is left")
	c.Flags().StringVar(&f.kafka, "kafka", "", "`ADDR` at which other clients reach the broker; without it no port is opened")
	c.Flags().StringVar(&f.export, "export", "", "write the demo's data, schemas, bundle and configuration to `DIR` and stop")
	c.Flags().StringVar(&f.bundle, "bundle", demo.DefaultBundle, "`BUNDLE` that scores the loans: "+strings.Join(demo.Bundles(), ", ")+", or a directory")
	c.Flags().BoolVar(&f.logs, "logs", false, "show the log in place of the live view")
	return c
}

func runDemo(ctx context.Context, f demoFlags, stdout, stderr io.Writer) (err error) {
	world, err := demo.NewWorld(demo.Options{Seed: f.seed})
	if err != nil {
		return err
	}
	if f.export != "" {
		return world.Export(f.export, f.bundle)
	}
	dir := f.dir
	if dir != "" {
		if err := demo.CheckApart(f.bundle, dir); err != nil { // before the broker makes it
			return err
		}
	} else {
		if dir, err = os.MkdirTemp("", "hindsight-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	broker, err := demo.StartBroker(demo.BrokerOptions{Dir: f.dir, Kafka: f.kafka})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, broker.Close()) }()
	cfg, err := demoConfig(broker, f, dir)
	if err != nil {
		return err
	}
	feed, err := demo.NewFeed(ctx, world, broker, publish.WallClock{})
	if err != nil {
		return err
	}
	defer feed.Close()
	if err := demoTopics(ctx, cfg, broker); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	if f.logs {
		log = newLog(stderr, false)
	}
	published := make(chan struct{})
	options := app.Options{
		Config: cfg, Stages: config.AllStages(), Title: "Car loans, 2018–2019", Log: log, Speed: f.speed.seconds(),
		Client: broker.ClientOptions(), Group: broker.GroupOptions(), RegistryHTTP: broker.RegistryHTTP(),
		Instance: fmt.Sprintf("demo-%d", time.Now().UnixNano()), // kfake forgets aborts: a new id each start
	}
	if f.exit {
		options.InputsEnd = published
	}
	a, err := app.New(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	fmt.Fprintf(stderr, "page http://%s   metrics http://%s/metrics\n", a.Addr(), a.Addr())
	if err := runDemoStages(ctx, a, feed, published, f, stdout); err != nil {
		return err
	}
	return writeReport(context.WithoutCancel(ctx), a, f.report)
}

// runDemoStages publishes, runs the stages and shows them until all have ended.
func runDemoStages(ctx context.Context, a *app.App, feed *demo.Feed, published chan struct{}, f demoFlags, stdout io.Writer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		defer close(published)
		if _, err := feed.Run(ctx, f.speed.seconds()); err != nil && ctx.Err() == nil {
			cancel(fmt.Errorf("publish: %w", err))
		}
	}()
	shown := make(chan struct{})
	showing, stop := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(shown)
		if !f.logs && f.report != "-" {
			file, ok := stdout.(*os.File)
			tty := ok && term.IsTerminal(int(file.Fd()))
			view := terminal.View{Out: stdout, TTY: tty, Color: tty && os.Getenv("NO_COLOR") == "", Every: 3 * time.Second}
			if tty {
				view.Every = 250 * time.Millisecond
				view.Size = func() (int, int) { w, h, _ := term.GetSize(int(file.Fd())); return w, h }
			}
			_ = terminal.Run(showing, view, a.View().Snapshot) // a closed stdout must not end the run
		}
	}()
	err := a.Run(ctx)
	if err != nil {
		cancel(err) // the feed need not go on
	}
	stop()
	<-shown
	<-published
	if err == nil {
		if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
			err = cause
		}
	}
	return err
}

// demoConfig is the demo's own configuration, pointed at what this process holds.
func demoConfig(broker *demo.Broker, f demoFlags, dir string) (*config.Config, error) {
	bundles := filepath.Join(dir, "bundles")
	text, err := demo.Install(f.bundle, bundles)
	if err != nil {
		return nil, err
	}
	cfg, err := config.Parse(text, dir)
	if err != nil {
		return nil, err
	}
	cfg.Kafka.Brokers = broker.Addrs()
	cfg.Registry.URL = broker.RegistryURL()
	cfg.HTTP.Listen = f.http
	cfg.State.Dir = filepath.Join(dir, "state")
	cfg.Model.Bundles = bundles
	return cfg, nil
}

func demoTopics(ctx context.Context, cfg *config.Config, broker *demo.Broker) error {
	client, err := kafka.Connect(ctx, cfg.Kafka, nil, broker.ClientOptions()...)
	if err != nil {
		return err
	}
	defer client.Close()
	_, err = kafka.Create(ctx, kadm.NewClient(client), cfg, kafka.Creation{Embedded: true})
	return err
}
