package consumer

import (
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// While the stage takes a partition over, or lets one rest, the group may take
// it away and give it back. The stage hears of both with the next poll, and
// that poll must not carry the partition's records: found by churn under load,
// where a stage got records of a partition that it did not hold.
func TestAPartitionThatCameAgainStaysPausedUntilItIsHandedOver(t *testing.T) {
	_, opts := testBroker(t, map[string]int32{"in": 2})
	client := newClient(t, opts)
	in := func(id int32) map[string][]int32 { return map[string][]int32{"in": {id}} }
	p := Partition{"in", 0}
	revoke := func(s *session, id int32) { s.onRevoked(t.Context(), client, in(id)) }
	assign := func(s *session, id int32) { s.onAssigned(t.Context(), client, in(id)) }
	for _, c := range []struct {
		name    string
		between func(*session) // what the callbacks do before the partition is resumed
		want    []int32        // paused after that
	}{
		{"nothing happens", func(*session) {}, nil},
		{"taken away", func(s *session) { revoke(s, 0) }, nil},
		{"given back, its offset not known yet", func(s *session) { revoke(s, 0); assign(s, 0) }, []int32{0}},
		{"given back, to be handed over", func(s *session) { revoke(s, 0); assign(s, 0); fetchOffset(t, s, client, p) }, []int32{0}},
		{"another one is given", func(s *session) { assign(s, 1) }, []int32{1}},
	} {
		for how, resume := range map[string]func(*session){
			"taken over": func(s *session) { s.resume([]Partition{p}) },
			"rested":     func(s *session) { now := time.Now(); s.waits[p] = &waiting{since: now, until: now}; s.release(now) },
		} {
			t.Run(how+"/"+c.name, func(t *testing.T) {
				s := &session{
					config: &Config{Lead: "in", EndTimeout: time.Hour}, client: client,
					balancer: newBalancer("in", nil), waits: map[Partition]*waiting{}, awaited: map[Partition]time.Time{},
				}
				revoke(s, 0)
				revoke(s, 1)
				assign(s, 0)
				fetchOffset(t, s, client, p)
				if _, given := s.handover(nil, nil); len(given) != 1 {
					t.Fatalf("handed over %v, want %v alone", given, p)
				}
				c.between(s)
				resume(s)
				if got := client.PauseFetchPartitions(nil)["in"]; !slices.Equal(got, c.want) {
					t.Fatalf("paused: %v, want %v", got, c.want)
				}
				if _, given := s.handover(nil, nil); len(given) == 1 { // now the stage knows
					s.resume([]Partition{p})
					if got := client.PauseFetchPartitions(nil)["in"]; len(got) > 0 {
						t.Errorf("paused after it was handed over: %v", got)
					}
				}
			})
		}
	}
}

// fetchOffset does what the group does once it knows where a partition was left.
func fetchOffset(t *testing.T, s *session, client *kgo.Client, p Partition) {
	t.Helper()
	resp := kmsg.NewPtrOffsetFetchResponse()
	at := kmsg.NewOffsetFetchResponseTopicPartition()
	at.Partition, at.Offset = p.ID, -1
	topic := kmsg.NewOffsetFetchResponseTopic()
	topic.Topic, topic.Partitions = p.Topic, append(topic.Partitions, at)
	resp.Topics = append(resp.Topics, topic)
	if err := s.onOffsetsFetched(t.Context(), client, resp); err != nil {
		t.Fatal(err)
	}
	if _, err := s.onOffsets(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
}
