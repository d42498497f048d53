package kafka

import (
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

// A batch of a few kilobytes that inflates beyond the bound, anywhere in a
// topic, costs a sample no memory and holds up nothing: its records are not
// seen, and those around it are.
func TestSamplePassesOverWhatInflates(t *testing.T) {
	cfg, _ := cluster(t, []string{"x"})
	writer, err := Connect(t.Context(), cfg.Kafka, nil, kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(kgo.ZstdCompression()), kgo.ProducerBatchMaxBytes(2*MaxBatch), kgo.BrokerMaxWriteBytes(4*MaxBatch))
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	write := func(partition int32, value string) {
		if err := writer.ProduceSync(t.Context(), &kgo.Record{Topic: "x", Partition: partition, Value: []byte(value)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	bomb := string(make([]byte, MaxBatch+1))
	for partition, values := range [][]string{{bomb, "a", bomb, "b"}, {"c", bomb}, {bomb}} {
		for _, value := range values {
			write(int32(partition), value)
		}
	}
	client, err := Connect(t.Context(), cfg.Kafka, nil, ReadOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, each := range []int64{1, 2, 10} { // bombs are the first that is read, the last, and between
		s, err := SampleOf(t.Context(), client, "x", each)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range s.Records {
			if len(r.Value) > 1 {
				t.Fatalf("a record of %d bytes was read", len(r.Value))
			}
			got = append(got, string(r.Value))
		}
		want := []string{"a", "b", "c"}
		if each == 1 {
			want = []string{"b", "c"}
		}
		if s.Total != 7 || !slices.Equal(got, want) {
			t.Errorf("%d at each end: sampled %q of %d, want %q of 7", each, got, s.Total, want)
		}
	}
}
