package consumer

import (
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// balancer assigns the lead topic (and topics that are spread on their own)
// cooperatively, mirrors the lead's partitions onto the followers, so that
// partition p of all of them goes to one member, and remembers the whole
// assignment of each generation: the authority on what is owned, because a
// GroupTransactSession can swallow a revocation.
type balancer struct {
	kgo.GroupBalancer // cooperative-sticky, which does the assigning
	lead              string
	followers         []string
	owned             atomic.Pointer[map[string][]int32]
}

func newBalancer(lead string, followers []string) *balancer {
	b := &balancer{GroupBalancer: kgo.CooperativeStickyBalancer(), lead: lead, followers: followers}
	b.owned.Store(&map[string][]int32{})
	return b
}

// ProtocolName differs from kgo's own so that a foreign member cannot join
// with an assignor that does not mirror.
func (b *balancer) ProtocolName() string { return "hindsight-copartition-v1" }

// ParseSyncAssignment records the assignment of this generation.
func (b *balancer) ParseSyncAssignment(assignment []byte) (map[string][]int32, error) {
	owned, err := b.GroupBalancer.ParseSyncAssignment(assignment)
	if err == nil {
		kept := maps.Clone(owned)
		b.owned.Store(&kept)
	}
	return owned, err
}

// owns reports whether the latest assignment holds the partition.
func (b *balancer) owns(topic string, partition int32) bool {
	return slices.Contains((*b.owned.Load())[topic], partition)
}

// MemberBalancer hides the followers from the inner balancer.
func (b *balancer) MemberBalancer(members []kmsg.JoinGroupResponseMember) (kgo.GroupMemberBalancer, map[string]struct{}, error) {
	shown := slices.Clone(members)
	for i := range shown {
		var m kmsg.ConsumerMemberMetadata
		m.Default()
		if err := m.ReadFrom(shown[i].ProtocolMetadata); err != nil {
			return nil, nil, fmt.Errorf("consumer: group member %s sends unreadable metadata: %w", shown[i].MemberID, err)
		}
		m.Topics = slices.DeleteFunc(m.Topics, b.follows)
		m.OwnedPartitions = slices.DeleteFunc(m.OwnedPartitions, func(o kmsg.ConsumerMemberMetadataOwnedPartition) bool { return b.follows(o.Topic) })
		shown[i].ProtocolMetadata = m.AppendTo(nil)
	}
	inner, topics, err := b.GroupBalancer.MemberBalancer(shown)
	if err != nil {
		return nil, nil, err
	}
	all := maps.Clone(topics)
	for _, f := range b.followers {
		all[f] = struct{}{}
	}
	return &mirror{balancer: b, inner: inner}, all, nil
}

func (b *balancer) follows(topic string) bool { return slices.Contains(b.followers, topic) }

type mirror struct {
	balancer *balancer
	inner    kgo.GroupMemberBalancer
}

// Balance is never called: kgo prefers BalanceOrError.
func (m *mirror) Balance(topics map[string]int32) kgo.IntoSyncAssignment {
	plan, _ := m.BalanceOrError(topics)
	return plan
}

// BalanceOrError plans the lead and the spread topics, then copies the lead's
// partitions onto the followers.
func (m *mirror) BalanceOrError(topics map[string]int32) (kgo.IntoSyncAssignment, error) {
	b := m.balancer
	for _, f := range b.followers {
		if topics[f] != topics[b.lead] {
			return nil, fmt.Errorf("consumer: topic %s has %d partitions and %s has %d; they must be equal: recreate %s with `hindsight topics create`",
				f, topics[f], b.lead, topics[b.lead], f)
		}
	}
	shown := maps.Clone(topics)
	for _, f := range b.followers {
		delete(shown, f)
	}
	inner, ok := m.inner.(kgo.GroupMemberBalancerOrError)
	if !ok {
		return nil, fmt.Errorf("consumer: the cooperative-sticky balancer of this franz-go has another shape")
	}
	into, err := inner.BalanceOrError(shown)
	if err != nil {
		return nil, err
	}
	plan, ok := into.(*kgo.BalancePlan)
	if !ok {
		return nil, fmt.Errorf("consumer: the balance plan of this franz-go has another shape")
	}
	for _, assigned := range plan.AsMemberIDMap() {
		if lead := assigned[b.lead]; len(lead) > 0 {
			for _, f := range b.followers {
				assigned[f] = slices.Clone(lead)
			}
		}
	}
	return plan, nil
}

// SetBalanceInfo passes what kgo knows of the group to the inner balancer.
func (m *mirror) SetBalanceInfo(info kgo.BalanceInfo) {
	if inner, ok := m.inner.(kgo.GroupMemberBalancerInfo); ok {
		inner.SetBalanceInfo(info)
	}
}
