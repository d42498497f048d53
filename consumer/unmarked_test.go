package consumer

import (
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// A broker says that a transaction has ended and has lost its marker. Its
// producer begins nothing before the marker is there: the marker of the next
// transaction would end both, and what was aborted would be read as committed.
func TestNothingIsPublishedWhileAMarkerIsMissing(t *testing.T) {
	b := newBed(t, 2)
	b.tune = func(c *Config) { c.Outputs = []string{"out"} }
	var producer, produced, asked atomic.Int64
	producer.Store(-1)
	b.cluster.ControlKey(int16(kmsg.EndTxn), func(r kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		producer.Store(r.(*kmsg.EndTxnRequest).ProducerID)
		return nil, nil, false
	})
	b.produce(40)
	b.start("x", nil).end()
	if producer.Load() < 0 {
		t.Fatal("no transaction has ended")
	}
	b.cluster.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		produced.Add(1)
		return nil, nil, false
	})
	b.produce(40)
	before := produced.Load()
	b.cluster.ControlKey(int16(kmsg.DescribeProducers), func(r kmsg.Request) (kmsg.Response, error, bool) {
		if asked.Add(1) < 5 {
			b.cluster.KeepControl()
		}
		if n := produced.Load(); n != before {
			t.Errorf("%d requests have published although a marker is missing", n-before)
		}
		req := r.(*kmsg.DescribeProducersRequest)
		resp := req.ResponseKind().(*kmsg.DescribeProducersResponse)
		for _, topic := range req.Topics {
			rt := kmsg.NewDescribeProducersResponseTopic()
			rt.Topic = topic.Topic
			for _, p := range topic.Partitions {
				rp := kmsg.NewDescribeProducersResponseTopicPartition()
				rp.Partition = p
				active := kmsg.NewDescribeProducersResponseTopicPartitionActiveProducer()
				active.ProducerID, active.CurrentTxnStartOffset = producer.Load(), 7
				rp.ActiveProducers = append(rp.ActiveProducers, active)
				rt.Partitions = append(rt.Partitions, rp)
			}
			resp.Topics = append(resp.Topics, rt)
		}
		return resp, nil, true
	})
	b.start("x", nil).end()
	if asked.Load() < 5 {
		t.Errorf("the open transactions were asked for %d times, want 5", asked.Load())
	}
	b.judge()
}
