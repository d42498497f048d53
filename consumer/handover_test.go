package consumer

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kgo"
)

// An assignment that comes in between a poll and the handover takes nothing from
// the stage whose records were polled; afterwards it does, although no callback
// says so, and together with what follows the lead.
func TestHandoverAfterARebalanceInAPoll(t *testing.T) {
	b := newBalancer("in", []string{"mirror"})
	b.owned.Store(&map[string][]int32{"in": {0}, "mirror": {0}})
	s := &session{balancer: b}
	held := map[Partition]bool{{"in", 0}: true, {"in", 7}: true, {"mirror", 0}: true, {"mirror", 7}: true}
	polled := kgo.Fetches{{Topics: []kgo.FetchTopic{{Topic: "in", Partitions: []kgo.FetchPartition{{Partition: 7, Records: []*kgo.Record{{Topic: "in", Partition: 7}}}}}}}}
	if revoked, _ := s.handover(held, polled); len(revoked) > 0 {
		t.Errorf("%v are taken while records of them were polled", revoked)
	}
	if err := s.checkOwned(polled, &Output{}); err == nil {
		t.Error("what was polled may be committed")
	}
	revoked, _ := s.handover(held, nil)
	want := []Partition{{"in", 7}, {"mirror", 7}}
	if d := cmp.Diff(want, revoked, cmpopts.SortSlices(func(a, b Partition) bool { return a.Topic < b.Topic })); d != "" {
		t.Errorf("revoked (-want +got):\n%s", d)
	}
}
