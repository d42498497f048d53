package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const events = "bench-events"

const schema = `{"type": "record", "name": "Reading", "fields": [
  {"name": "event_id", "type": "string"},
  {"name": "event_time", "type": {"type": "long", "logicalType": "timestamp-millis"}},
  {"name": "x0", "type": "double"}, {"name": "x1", "type": "double"}, {"name": "x2", "type": "double"}, {"name": "x3", "type": "double"},
  {"name": "x4", "type": "double"}, {"name": "x5", "type": "double"}, {"name": "x6", "type": "double"}, {"name": "x7", "type": "double"}]}`

const bundle = `name: bench
version: "1"
task: classification
model: {file: linear.json, format: linear}
classes: ["0", "1"]
threshold: 0.5
seed: 1
inputs: [{name: x0, type: number}, {name: x1, type: number}, {name: x2, type: number}, {name: x3, type: number},
  {name: x4, type: number}, {name: x5, type: number}, {name: x6, type: number}, {name: x7, type: number}]
train: {kind: logistic, l2: 1}
tests:
  golden: {file: golden.csv, tolerance: 1e-12}
`

const configuration = `
kafka: {brokers: [%[1]s], group: %[2]sgroup, delivery: %[3]s}
events: {topic: %[4]s, wire: bare, schema: event.avsc, id: event_id, time: event_time}
topics: {scores: %[2]sscores, outcomes: %[2]soutcomes, labels_rerouted: %[2]srerouted, slices: %[2]sslices, watch_state: %[2]swatch-state,
  windows: %[2]swindows, alarms: %[2]salarms, models: %[2]smodels, models_history: %[2]smodels-history, dead_letters: %[2]sdead-letters}
model: {bundles: bundles, champion: bench@1}
state: {dir: %[2]sstate}
http: {listen: 127.0.0.1:0}
`

type bench struct {
	brokers     string
	events      int
	partitions  int
	atLeastOnce bool

	dir    string
	broker string // folder of the broker that was started, if one was
	client *kgo.Client
	admin  *kadm.Client
}

func (b *bench) guarantee() string {
	if b.atLeastOnce {
		return "at-least-once"
	}
	return "exactly-once"
}

// prepare builds the programs, starts the broker and fills the topic of events.
func (b *bench) prepare(ctx context.Context) (err error) {
	for program, pkg := range map[string]string{"hindsight": "hindsight", "rawcopy": "hindsight/bench/rawcopy"} {
		if err := b.tool(ctx, nil, "go", "build", "-o", filepath.Join(b.dir, program), pkg); err != nil {
			return err
		}
	}
	if err := b.train(ctx); err != nil {
		return err
	}
	if b.brokers == "" {
		b.broker, b.brokers = filepath.Join(b.dir, "kafka"), "127.0.0.1:19592"
		if err := b.tool(ctx, []string{"KAFKA_PORT=19592"}, "integration/real-kafka/kafka", "start", b.broker); err != nil {
			return err
		}
	}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	b.client, err = kgo.NewClient(kgo.SeedBrokers(b.brokers), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.MaxBufferedRecords(200_000))
	if err != nil {
		return err
	}
	b.admin = kadm.NewClient(b.client)
	forever := "-1"
	if _, err := b.admin.CreateTopic(ctx, int32(b.partitions), 1, map[string]*string{"retention.ms": &forever}, events); err != nil {
		return fmt.Errorf("topic %s: %w", events, err)
	}
	return b.fill(ctx)
}

// close removes what was put on the broker, and the broker if it is ours.
func (b *bench) close() {
	ctx := context.Background()
	if b.client != nil {
		if b.broker == "" {
			if err := b.drop(ctx, events); err != nil {
				fmt.Fprintln(os.Stderr, "bench: topics are left behind:", err)
			}
		}
		b.client.Close()
	}
	if b.broker != "" {
		if err := b.tool(ctx, nil, "integration/real-kafka/kafka", "clean", b.broker); err != nil {
			fmt.Fprintln(os.Stderr, "bench: the broker is left behind:", err)
		}
	}
}

// tool runs a program of the repository.
func (b *bench) tool(ctx context.Context, env []string, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), env...)
	// A file, not a pipe: the broker inherits it and outlives the script.
	log, err := os.Create(filepath.Join(b.dir, "tool.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%s %s: %w\n%s", program, strings.Join(args, " "), err, text)
	}
	return nil
}

// train fits a small logistic model; what it has learnt is of no consequence.
func (b *bench) train(ctx context.Context) error {
	var rows strings.Builder
	rows.WriteString("x0,x1,x2,x3,x4,x5,x6,x7,label\n")
	random := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		sum := random.NormFloat64()
		for range 8 {
			x := random.NormFloat64()
			sum += x
			fmt.Fprintf(&rows, "%v,", x)
		}
		label := 0
		if sum > 0 {
			label = 1
		}
		fmt.Fprintln(&rows, label)
	}
	dir := filepath.Join(b.dir, "bundles", "bench")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, text := range map[string]string{"event.avsc": schema, "train.csv": rows.String(), "bundles/bench/bundle.yaml": bundle} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return b.tool(ctx, nil, filepath.Join(b.dir, "hindsight"), "model", "train", dir, "--data", filepath.Join(b.dir, "train.csv"), "--label", "label")
}

// fill publishes the events: the same bytes every time.
func (b *bench) fill(ctx context.Context) error {
	random := rand.New(rand.NewPCG(2, 2))
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	failed := make(chan error, 1)
	for i := range b.events {
		id := fmt.Appendf(nil, "event-%010d", i)
		value := append(binary.AppendVarint(make([]byte, 0, 96), int64(len(id))), id...)
		value = binary.AppendVarint(value, start+int64(i))
		for range 8 {
			value = binary.LittleEndian.AppendUint64(value, math.Float64bits(random.NormFloat64()))
		}
		b.client.Produce(ctx, &kgo.Record{Topic: events, Partition: int32(i % b.partitions), Key: id, Value: value, Timestamp: time.UnixMilli(start + int64(i))},
			func(_ *kgo.Record, err error) {
				if err != nil {
					select {
					case failed <- err:
					default:
					}
				}
			})
	}
	if err := b.client.Flush(ctx); err != nil {
		return err
	}
	select {
	case err := <-failed:
		return fmt.Errorf("topic %s: %w", events, err)
	default:
		return nil
	}
}
