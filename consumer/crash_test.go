package consumer

import (
	"fmt"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"hindsight/consumer/faultnet"
)

// crashCase is one named point at which a member dies.
type crashCase struct {
	delivery Delivery
	old      bool // transactions of version 1, which name their partitions and offsets beforehand
	key      kmsg.Key
	response bool
	skip     int
	point    string // of the stage, where key is not meant
}

func (c crashCase) String() string {
	mode := "exactly once"
	switch {
	case c.delivery == AtLeastOnce:
		mode = "at least once"
	case c.old:
		mode = "exactly once, old transactions"
	}
	if c.point != "" {
		return mode + ", " + c.point
	}
	side := "request"
	if c.response {
		side = "response"
	}
	return fmt.Sprintf("%s, %s %s %d", mode, c.key.Name(), side, c.skip)
}

// crashCases are all points of a member's life: each request that it sends,
// not arrived or not answered, and each moment of its stage.
func crashCases() []crashCase {
	session := []kmsg.Key{
		kmsg.ApiVersions, kmsg.Metadata, kmsg.FindCoordinator, kmsg.JoinGroup, kmsg.SyncGroup, kmsg.OffsetFetch,
		kmsg.ListOffsets, kmsg.Fetch, kmsg.Produce, kmsg.Heartbeat, kmsg.LeaveGroup,
	}
	transaction := append([]kmsg.Key{kmsg.InitProducerID, kmsg.TxnOffsetCommit, kmsg.EndTxn}, session...)
	old := []kmsg.Key{kmsg.InitProducerID, kmsg.AddPartitionsToTxn, kmsg.AddOffsetsToTxn, kmsg.TxnOffsetCommit, kmsg.EndTxn, kmsg.Produce}
	var cases []crashCase
	add := func(delivery Delivery, v1 bool, keys []kmsg.Key) {
		for _, key := range keys {
			for _, response := range []bool{false, true} {
				cases = append(cases, crashCase{delivery: delivery, old: v1, key: key, response: response})
				switch key {
				case kmsg.Produce, kmsg.TxnOffsetCommit, kmsg.EndTxn, kmsg.OffsetCommit: // in the middle of the log too
					cases = append(cases, crashCase{delivery: delivery, old: v1, key: key, response: response, skip: 2})
				}
			}
		}
		for _, point := range []string{"assign", "assigned", "idle", "process", "processed", "committed", "applied", "revoke"} {
			cases = append(cases, crashCase{delivery: delivery, old: v1, point: point})
		}
	}
	add(ExactlyOnce, false, transaction)
	add(ExactlyOnce, true, old)
	add(AtLeastOnce, false, append([]kmsg.Key{kmsg.OffsetCommit}, session...))
	return cases
}

// A member dies at a named point and its successor takes the same transactional
// id: GUARANTEES.md R2, S1 to S4.
func TestCrashAtEveryPoint(t *testing.T) {
	cases := crashCases()
	t.Logf("%d named points", len(cases))
	together(t, 16, cases, func(t *testing.T, c crashCase) {
		b := c.bed(t)
		var at func(*member, string)
		if c.point != "" {
			at = func(m *member, point string) {
				if point == c.point {
					m.crash()
				}
			}
		}
		b.stay = c.key != kmsg.LeaveGroup && c.point != "revoke" // both come at the end
		if c.point == "" {
			b.strike = &faultnet.Strike{Key: c.key, Response: c.response, Skip: c.skip, Action: faultnet.Cut}
		}
		first := b.start("x", at)
		b.stay, b.strike = false, nil
		select {
		case <-first.net.Down():
		case <-first.done:
			t.Fatalf("the member ended (%v) and did not come to the point", first.err)
		}
		b.start("x", nil).end()
		b.judge()
	})
}

func (c crashCase) bed(t *testing.T) *bed {
	var opts []kfake.Opt
	if c.old {
		opts = append(opts, kfake.MaxVersions(kversion.V3_7_0()))
	}
	b := newBed(t, 2, opts...)
	b.delivery = c.delivery
	b.produce(120)
	return b
}

// A connection breaks before a request arrived or before its response did, and
// the process lives on: it must not believe its memory where the outcome is
// unknown. S3.
func TestConnectionLostAtEveryRequest(t *testing.T) {
	cases := slices.DeleteFunc(crashCases(), func(c crashCase) bool { return c.point != "" })
	t.Logf("%d requests and responses", len(cases))
	together(t, 16, cases, func(t *testing.T, c crashCase) {
		b := c.bed(t)
		b.strike = &faultnet.Strike{Key: c.key, Response: c.response, Skip: c.skip, Action: faultnet.Lose}
		b.stay = c.key != kmsg.LeaveGroup
		lost := b.strike
		m := b.start("x", nil)
		select {
		case <-lost.Hit():
		case <-m.done:
			t.Fatalf("the member ended (%v) and did not come to the point", m.err)
		}
		m.stay.Store(false)
		m.end()
		b.judge()
	})
}
