// Command hampered is the program with a slow way to its broker and a slow disk
// under its state: `hindsight run --until-end` for tests that want to see what
// piles up. Requests and writes pay for their size and wait for an answer; what
// is read comes as fast as it does.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app"
	"hindsight/app/config"
	"hindsight/app/memory"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "hampered:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	file := flag.String("c", "", "`FILE` with the configuration")
	rate := flag.Int64("broker-rate", 0, "`bytes` a second that all connections to brokers take together; 0: any")
	latency := flag.Duration("broker-latency", 0, "of each request")
	diskRate := flag.Int64("disk-rate", 0, "`bytes` a second that the disk takes; 0: any")
	syncTime := flag.Duration("disk-sync", 0, "of each sync")
	flag.Parse()
	cfg, err := config.Load(*file)
	if err != nil {
		return err
	}
	bound := memory.Find(int64(cfg.Memory.Limit))
	bound.Apply()
	ended := make(chan struct{})
	close(ended)
	dial := dialer{pace: pace{rate: *rate}, latency: *latency}
	a, err := app.New(ctx, app.Options{
		Config: cfg, Stages: config.AllStages(), Log: slog.New(slog.NewJSONHandler(os.Stderr, nil)), Memory: bound.Bytes, InputsEnd: ended,
		Client:  []kgo.Opt{kgo.Dialer(dial.dial)},
		StateFS: &slowDisk{FS: vfs.Default, pace: pace{rate: *diskRate}, sync: *syncTime},
	})
	if err != nil {
		return err
	}
	if err := a.Run(ctx); err != nil {
		return err
	}
	return a.Close()
}

// dialer connects to brokers over one slow line.
type dialer struct {
	net     net.Dialer
	pace    pace
	latency time.Duration
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.net.DialContext(ctx, network, address)
	return &conn{c, d}, err
}

type conn struct {
	net.Conn
	way *dialer
}

// Write implements net.Conn. A request is one write.
func (c *conn) Write(b []byte) (int, error) {
	time.Sleep(c.way.latency)
	c.way.pace.take(len(b))
	return c.Conn.Write(b)
}
