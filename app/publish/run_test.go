package publish

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"hindsight/app/config"
	"hindsight/app/kafka"
	"hindsight/consumer"
	"hindsight/schemas"
)

// service is a broker and a registry with ports, and a configuration of them.
func service(t *testing.T) (*kfake.Cluster, *config.Config) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	registry := srfake.New()
	t.Cleanup(registry.Close)
	cfg := &config.Config{
		Kafka:    config.Kafka{Brokers: cluster.ListenAddrs()},
		Registry: config.Registry{URL: registry.URL()},
		Events:   config.Events{Topic: "readings", Wire: config.Confluent, ID: "id", Time: "at"},
		Labels:   config.Labels{Topic: "truths", Wire: config.Bare, ID: "id"},
	}
	return cluster, cfg
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func jobOf(t *testing.T, cfg *config.Config, section string, notes *[]string) Job {
	t.Helper()
	in, err := InputOf(cfg, section, "")
	if err != nil {
		t.Fatal(err)
	}
	return Job{
		Input: in, Partitioner: consumer.CRC32, Partitions: 4, Clock: &fakeClock{now: at("2026-01-01T00:00:00Z")},
		Note: func(n string) { *notes = append(*notes, n) },
	}
}

func TestRunPublishesAFile(t *testing.T) {
	cluster, cfg := service(t)
	var notes []string
	job := jobOf(t, cfg, "events", &notes)
	job.Data = write(t, "r.csv", "id,at,x\n7,2020-01-01 00:00:00.5,\n8,2020-01-02 00:00:00,\n")
	if _, err := Run(t.Context(), cfg, job); !errors.Is(err, ErrNoSubject) {
		t.Errorf("without a schema: %v", err)
	}
	job.SchemaFile = write(t, "r.avsc", reading)
	sum, err := Run(t.Context(), cfg, job)
	if err != nil || sum.Records != 2 {
		t.Fatal(sum, err)
	}
	job.SchemaFile = "" // the registry has it now
	if err := cluster.CreateTopic("short", 1, map[string]string{"retention.ms": "86400000"}); err != nil {
		t.Fatal(err)
	}
	short := job
	short.Topic = "short"
	if _, err := Run(t.Context(), cfg, short); !errors.Is(err, ErrNoSubject) {
		t.Errorf("subjects belong to topics: %v", err)
	}
	short.SchemaFile = write(t, "r.avsc", reading)
	if _, err := Run(t.Context(), cfg, short); err != nil {
		t.Error(err)
	}
	if _, err := Run(t.Context(), cfg, job); err != nil {
		t.Fatal(err)
	}
	ignored := job.Data + ": ignored, as Reading has no such field: x"
	want := []string{
		ignored, "topic readings is made, with 4 partitions and retention.ms=-1",
		ignored, "topic short drops records older than 1d and the rows begin at 2020-01-01T00:00:00.5Z: set its retention.ms to -1",
		ignored,
	}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Errorf("notes (-want +got)\n%s", diff)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(cfg.Kafka.Brokers...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	got := read(t, client, "readings", 4)
	seven := fmt.Sprintf("7=\x00\x00\x00\x00\x01\x02\x0e\x02%s@1577836800500", zigzag(1577836800500000))
	if records := got[consumer.CRC32([]byte("7"), 4)]; len(records) < 2 || records[0] != seven {
		t.Errorf("got %q, want %q twice", got, seven)
	}
}

// zigzag writes a long as Avro does.
func zigzag(v int64) string {
	out, u := []byte{}, uint64(v)<<1
	for ; u >= 0x80; u >>= 7 {
		out = append(out, byte(u)|0x80)
	}
	return string(append(out, byte(u)))
}

func TestRunNamesWhatIsAmiss(t *testing.T) {
	_, cfg := service(t)
	var notes []string
	if _, err := InputOf(new(config.Config), "labels", ""); err == nil ||
		err.Error() != `config: kafka.brokers: is required: the addresses of the brokers, such as [127.0.0.1:9092]
config: labels.topic: is required: the topic to publish to
config: labels.id: is required: the field that becomes the key of a record; or give --key` {
		t.Errorf("an empty configuration: %v", err)
	}
	if _, err := InputOf(cfg, "scores", ""); err == nil {
		t.Error("a section that there is not was accepted")
	}
	for what, c := range map[string]struct {
		change func(*config.Config, *Job)
		want   string
		is     error
	}{
		"no schema":    {func(_ *config.Config, j *Job) { j.SchemaFile = "" }, "labels: there is no schema; set labels.schema or give --schema", nil},
		"no such file": {func(_ *config.Config, j *Job) { j.SchemaFile += "x" }, "schema of labels: open", os.ErrNotExist},
		"no such key":  {func(_ *config.Config, j *Job) { j.Key = "name" }, "the key of labels: field name: record Reading has no field name", nil},
		"no such time": {func(_ *config.Config, j *Job) { j.Time = "when" }, "the time of labels: field when", nil},
		"backwards":    {func(_ *config.Config, j *Job) { j.Time = "at" }, "line 3: 2019-12-31T00:00:00Z is before", ErrBackwards},
		"no broker":    {func(c *config.Config, _ *Job) { c.Kafka.Brokers = []string{"127.0.0.1:1"} }, "127.0.0.1:1", kafka.ErrUnreachable},
		"no registry":  {func(c *config.Config, j *Job) { c.Registry.URL, j.Wire = "http://127.0.0.1:1", schemas.Confluent }, "truths-value", schemas.ErrUnavailable},
		"nor for reading": {func(c *config.Config, j *Job) {
			c.Registry.URL, j.Wire, j.SchemaFile = "http://127.0.0.1:1", schemas.Confluent, ""
		}, "truths-value", schemas.ErrUnavailable},
	} {
		t.Run(what, func(t *testing.T) {
			cfg := *cfg
			job := jobOf(t, &cfg, "labels", &notes)
			job.SchemaFile = write(t, "r.avsc", reading)
			job.Data = write(t, "r.csv", "id,at\n7,2020-01-01 00:00:00\n8,2019-12-31 00:00:00\n")
			c.change(&cfg, &job)
			_, err := Run(t.Context(), &cfg, job)
			if err == nil || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v\nwant %q, %v", err, c.want, c.is)
			}
		})
	}
}
