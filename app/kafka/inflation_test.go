package kafka

import (
	"context"
	"errors"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TestInflationIsBoundedPerFetch reads bombs that lie beside each other on
// several partitions, after plain records, in fetches that would hold them all:
// each brings about as much as it may, and nothing is left out.
func TestInflationIsBoundedPerFetch(t *testing.T) {
	const partitions, each, size, most = 3, 20, 1 << 20, 2 << 20
	cluster := kfake.MustCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, "bombs"))
	defer cluster.Close()
	producer, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(kgo.ZstdCompression()), kgo.ProducerBatchMaxBytes(2*size))
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	for i := range int32(each) {
		for p := range int32(partitions) { // each a batch of its own
			value := make([]byte, size)
			if i == 0 {
				value = []byte("plain")
			}
			if err := producer.ProduceSync(t.Context(), &kgo.Record{Topic: "bombs", Partition: p, Value: value}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
	client, err := kgo.NewClient(append(BoundInflation(most), kgo.SeedBrokers(cluster.ListenAddrs()...),
		kgo.ConsumeTopics("bombs"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	next := map[int32]int64{}
	fetches, largest := 0, 0
	for got := 0; got < partitions*each; fetches++ {
		polled := client.PollFetches(t.Context())
		if err := polled.Err(); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		bytes := 0
		polled.EachRecord(func(r *kgo.Record) {
			if r.Offset != next[r.Partition] {
				t.Errorf("partition %d: offset %d, want %d", r.Partition, r.Offset, next[r.Partition])
			}
			next[r.Partition]++
			got++
			bytes += len(r.Value)
		})
		largest = max(largest, bytes)
	}
	if largest > most+2*size {
		t.Errorf("a fetch brought %d bytes, at most %d and a batch may", largest, most)
	}
	if fetches < partitions*each*size/(most+2*size) {
		t.Errorf("%d fetches: the bombs did not lie close enough to be bounded", fetches)
	}
}

// TestInflationCountsRecords: a record takes memory beside its bytes, of which
// it may have none.
func TestInflationCountsRecords(t *testing.T) {
	const each, most = 200_000, 1 << 20
	client := ofBatches(t, most, each, 10_000)
	largest := 0
	for got := 0; got < each; {
		polled := client.PollFetches(t.Context())
		if err := polled.Err(); err != nil {
			t.Fatal(err)
		}
		got += polled.NumRecords()
		largest = max(largest, polled.NumRecords())
	}
	if largest*recordOverhead > most+2*10_000*recordOverhead {
		t.Errorf("a fetch brought %d records", largest)
	}
}

// counts is a pool that holds nothing.
type counts struct{ gets, puts int }

func (c *counts) GetDecompressBytes([]byte, kgo.CompressionCodecType) []byte { c.gets++; return nil }
func (c *counts) PutDecompressBytes([]byte)                                  { c.puts++ }

// TestInflationUsesThePools: what the client gives back to a pool came from it.
func TestInflationUsesThePools(t *testing.T) {
	pool := &counts{}
	client := ofBatches(t, 1<<20, 100, 10, pool)
	for got := 0; got < 100; {
		client.PollFetches(t.Context()).EachRecord(func(r *kgo.Record) { got++; r.Recycle() })
	}
	if pool.gets != 10 || pool.puts != 10 {
		t.Errorf("%d buffers came from the pool and %d went back, of 10 batches", pool.gets, pool.puts)
	}
}

// ofBatches returns a client that reads empty records in compressed batches.
func ofBatches(t *testing.T, most int64, records, batch int, pools ...kgo.Pool) *kgo.Client {
	t.Helper()
	cluster := kfake.MustCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "small"))
	t.Cleanup(cluster.Close)
	producer, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.DefaultProduceTopic("small"),
		kgo.ProducerBatchCompression(kgo.ZstdCompression()), kgo.MaxBufferedRecords(batch), kgo.ManualFlushing())
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	for range records / batch {
		for range batch {
			producer.Produce(t.Context(), &kgo.Record{}, func(_ *kgo.Record, err error) {
				if err != nil {
					t.Error(err)
				}
			})
		}
		if err := producer.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	client, err := kgo.NewClient(append(BoundInflation(most, pools...), kgo.WithPools(pools...), kgo.SeedBrokers(cluster.ListenAddrs()...),
		kgo.ConsumeTopics("small"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}
