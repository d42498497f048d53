package app

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/audit"
	"hindsight/app/config"
	"hindsight/schemas"
)

// Captured is all that an audit reads, in memory, so that a test can change
// one thing and ask again.
type Captured struct {
	State   audit.State
	Records map[string]map[int32][]*kgo.Record

	config  *config.Config
	options audit.Options
}

// Capture reads everything from a broker.
func Capture(ctx context.Context, client []kgo.Opt, admin *kadm.Client, cfg *config.Config) (*Captured, error) {
	r := &auditReader{config: cfg, admin: admin}
	c := &Captured{config: cfg, Records: map[string]map[int32][]*kgo.Record{}}
	var err error
	if c.State, err = r.state(ctx); err != nil {
		return nil, err
	}
	if c.options, err = r.options(ctx, 3); err != nil {
		return nil, err
	}
	for topic, partitions := range c.State.Extents {
		c.Records[topic] = map[int32][]*kgo.Record{}
		for p, x := range partitions {
			err := readSpans(ctx, client, []span{{topic, p, x.First, x.End}}, func(r *kgo.Record) error {
				c.Records[topic][p] = append(c.Records[topic][p], r)
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

// Copy returns one that can be changed without c.
func (c *Captured) Copy() *Captured {
	d := *c
	d.Records, d.State.Extents = map[string]map[int32][]*kgo.Record{}, audit.Extents{}
	for topic, partitions := range c.Records {
		d.Records[topic], d.State.Extents[topic] = map[int32][]*kgo.Record{}, maps.Clone(c.State.Extents[topic])
		for p, records := range partitions {
			d.Records[topic][p] = slices.Clone(records)
		}
	}
	d.State.Sources, d.State.Joins, d.State.Watches = slices.Clone(c.State.Sources), slices.Clone(c.State.Joins), slices.Clone(c.State.Watches)
	return &d
}

// AtLeastOnce makes it a system that delivers so.
func (c *Captured) AtLeastOnce() { c.options.AtLeastOnce = true }

// Audit checks the laws on it.
func (c *Captured) Audit(t *testing.T) *audit.Report {
	t.Helper()
	r := &auditReader{config: c.config, fetch: func(_ context.Context, spans []span, visit func(*kgo.Record) error) error {
		for _, s := range spans {
			for _, rec := range c.Records[s.topic][s.partition] {
				if rec.Offset < s.from || rec.Offset >= s.to {
					continue
				}
				if err := visit(rec); err != nil {
					return err
				}
			}
		}
		return nil
	}}
	report, err := r.judge(t.Context(), c.options, c.State)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// Find returns the topic's first record for which is holds, from the middle of
// each partition on and then from its beginning.
func (c *Captured) Find(t *testing.T, topic string, is func(*kgo.Record) bool) (partition int32, index int) {
	t.Helper()
	for _, p := range slices.Sorted(maps.Keys(c.Records[topic])) {
		records := c.Records[topic][p]
		for i := range records {
			if i = (i + len(records)/2) % len(records); is(records[i]) {
				return p, i
			}
		}
	}
	t.Fatalf("no record of %s is such", topic)
	return 0, 0
}

// Delete takes a record away, which leaves a hole.
func (c *Captured) Delete(topic string, partition int32, index int) {
	c.Records[topic][partition] = slices.Delete(c.Records[topic][partition], index, index+1)
}

// Append puts a copy of a record at the end of a partition.
func (c *Captured) Append(r *kgo.Record, partition int32) {
	x := c.State.Extents[r.Topic][partition]
	again := *r
	again.Partition, again.Offset = partition, x.End
	c.State.Extents[r.Topic][partition] = audit.Extent{First: x.First, End: x.End + 1}
	c.Records[r.Topic][partition] = append(c.Records[r.Topic][partition], &again)
}

// Trim deletes what stands before an index, as a retention does.
func (c *Captured) Trim(topic string, partition int32, index int) {
	records := c.Records[topic][partition]
	if index >= len(records) {
		return
	}
	x := c.State.Extents[topic][partition]
	c.State.Extents[topic][partition] = audit.Extent{First: records[index].Offset, End: x.End}
	c.Records[topic][partition] = records[index:]
}

// Rewrite changes what a record of ours says.
func Rewrite[T any, P interface {
	*T
	DecodeAvro([]byte) error
	AppendAvro([]byte) []byte
}](t *testing.T, c *Captured, topic string, partition int32, index int, change func(P)) {
	t.Helper()
	r := *c.Records[topic][partition][index]
	x := P(new(T))
	read[T, P](t, &r, x)
	change(x)
	r.Value = x.AppendAvro(slices.Clone(r.Value[:5])) // the framing of a registry
	c.Records[topic][partition][index] = &r
}

// Is returns a condition on what a record of ours says.
func Is[T any, P interface {
	*T
	DecodeAvro([]byte) error
	AppendAvro([]byte) []byte
}](t *testing.T, is func(P) bool) func(*kgo.Record) bool {
	return func(r *kgo.Record) bool {
		x := P(new(T))
		read[T, P](t, r, x)
		return is(x)
	}
}

func read[T any, P interface {
	*T
	DecodeAvro([]byte) error
	AppendAvro([]byte) []byte
}](t *testing.T, r *kgo.Record, x P) {
	t.Helper()
	kinds := map[string]schemas.RecordKind{
		"scores": schemas.ScoreRecord, "outcomes": schemas.OutcomeRecord, "slices": schemas.SliceRecord,
		"windows": schemas.WindowRecord, "alarms": schemas.AlarmRecord, "watch-state": schemas.WatchStateRecord,
	}
	if err := decodeOwn(r, kinds[r.Topic], x.DecodeAvro); err != nil {
		t.Fatal(err)
	}
}
