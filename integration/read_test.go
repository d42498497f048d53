//go:build integration

package integration

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/linkedin/goavro/v2"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/schemas"
)

// committed hands every record of a topic, up to its last stable offset, to visit.
func (c *cluster) committed(name string, visit func(*kgo.Record)) {
	c.t.Helper()
	topic := c.topic(name)
	starts, err := c.admin.ListStartOffsets(c.t.Context(), topic)
	if err != nil {
		c.t.Fatalf("%s: %v", topic, err)
	}
	ends, err := c.admin.ListCommittedOffsets(c.t.Context(), topic)
	if err != nil {
		c.t.Fatalf("%s: %v", topic, err)
	}
	from, left := map[int32]kgo.Offset{}, map[int32]int64{}
	for partition, end := range ends[topic] {
		start, _ := starts.Lookup(topic, partition)
		from[partition] = kgo.NewOffset().At(start.Offset)
		if end.Offset > start.Offset {
			left[partition] = end.Offset
		}
	}
	if len(from) == 0 {
		c.t.Fatalf("there is no topic %s", topic)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(c.brokers...), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), // so that the last offset is seen though it is a commit marker
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}))
	if err != nil {
		c.t.Fatal(err)
	}
	defer client.Close()
	for len(left) > 0 {
		fetches := client.PollFetches(c.t.Context())
		if err := fetches.Err(); err != nil {
			c.t.Fatalf("%s: %v", topic, err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			end, reading := left[r.Partition]
			if !reading || r.Offset >= end {
				return
			}
			if !r.Attrs.IsControl() {
				visit(r)
			}
			if r.Offset+1 >= end {
				delete(left, r.Partition)
			}
		})
	}
}

// kcat reads a topic with a client that is not ours, librdkafka's, and returns the values.
func (c *cluster) kcat(name string) [][]byte {
	c.t.Helper()
	program, err := exec.LookPath("kcat")
	if err != nil {
		c.t.Fatalf("%v: install it with apt-get install -y kcat", err)
	}
	cmd := exec.CommandContext(c.t.Context(), program, "-C", "-q", "-e", "-b", strings.Join(c.brokers, ","), "-t", c.topic(name),
		"-o", "beginning", "-X", "isolation.level=read_committed", "-f", "%R%s") // a 32-bit length, then the value
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		c.t.Fatalf("kcat %s: %v\n%s", c.topic(name), err, stderr.String())
	}
	var values [][]byte
	for in := bufio.NewReader(bytes.NewReader(out)); ; {
		var size int32
		if err := binary.Read(in, binary.BigEndian, &size); err == io.EOF {
			return values
		} else if err != nil {
			c.t.Fatalf("kcat %s: %v", c.topic(name), err)
		}
		value := make([]byte, max(size, 0))
		if _, err := io.ReadFull(in, value); err != nil {
			c.t.Fatalf("kcat %s: %v", c.topic(name), err)
		}
		values = append(values, value)
	}
}

// published decodes single-object values by the schema files that we publish, as a stranger would.
type published map[uint64]*goavro.Codec

func publishedSchemas(t *testing.T) published {
	t.Helper()
	files, err := filepath.Glob("../schemas/*.avsc")
	if err != nil || len(files) == 0 {
		t.Fatalf("no schemas in ../schemas (%v)", err)
	}
	p := published{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		codec, err := goavro.NewCodec(string(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		fingerprint, err := schemas.Fingerprint(string(text)) // goavro's own is wrong for logical types
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		p[fingerprint] = codec
	}
	return p
}

// decode returns the fields of one value.
func (p published) decode(value []byte) (map[string]any, error) {
	if len(value) < 10 || value[0] != 0xC3 || value[1] != 0x01 {
		return nil, fmt.Errorf("not single-object Avro: % x", value[:min(len(value), 10)])
	}
	codec, ok := p[binary.LittleEndian.Uint64(value[2:])]
	if !ok {
		return nil, fmt.Errorf("fingerprint % x is of no schema in ../schemas", value[2:10])
	}
	native, rest, err := codec.NativeFromBinary(value[10:])
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes after the datum", len(rest))
	}
	return native.(map[string]any), nil
}

// report is what --report writes, as far as these tests judge it.
type report struct {
	Events      int64            `json:"events"`
	Scores      int64            `json:"scores"`
	DeadLetters int64            `json:"dead_letters"`
	Labels      map[string]int64 `json:"labels"`
	Outcomes    map[string]int64 `json:"outcomes"`
	Windows     []struct {
		Window, Start, End, Version, Segment, State string
		N                                           int64
		Coverage                                    float64
		Metrics                                     map[string]struct {
			Value, Low, High float64
			N                int64
			Undefined        string
		}
	} `json:"windows"`
	Alarms []struct {
		ID, Name, State, At, Segment, Version, Metric string
		Value, Low, High, Bound                       float64
		N                                             int64
	} `json:"alarms"`
}

func readReport(t *testing.T, file string) report {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatalf("%s: %v\n%s", file, err, data)
	}
	return r
}

// addsUp holds a report to the law of conservation: every event, score and label ended somewhere, once.
func (r report) addsUp(t *testing.T, events, labels int64) {
	t.Helper()
	sum := func(buckets map[string]int64) (n int64) {
		for _, v := range buckets {
			n += v
		}
		return n
	}
	if r.Events != events || r.Scores+r.DeadLetters != events {
		t.Errorf("events %d = scores %d + dead letters %d: want %d on both sides", r.Events, r.Scores, r.DeadLetters, events)
	}
	if n := sum(r.Outcomes); n != r.Scores {
		t.Errorf("outcomes %v add up to %d, scores are %d", r.Outcomes, n, r.Scores)
	}
	if n := sum(r.Labels); n != labels {
		t.Errorf("labels %v add up to %d, published were %d", r.Labels, n, labels)
	}
}
