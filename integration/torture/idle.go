package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// A member that is idle while it is rebalanced twice is told of the first
// partitions that it loses and not of the second (a GroupTransactSession
// swallows the second revocation until a transaction ends). What it then does
// shows only where its clocks go on while the lost partition gets nothing new:
// it decides, and publishes, what the new owner decides too. So in rounds of
// kind idle the producers pause while everything but one member leaves and
// comes back, one by one, and then speak of a single partition for a while.

// hush is a part of a round in which only ids of one partition of scores occur.
type hush struct {
	from, to  float64 // shares of the span of stream time
	partition int32
}

// hush turns a plan into one of kind idle.
func (p *plan) hush(random *rand.Rand) {
	all := []string{"score", "join", "watch"}
	p.layout, p.static = [][]string{all, all, all}, false
	// One of six partitions moves when the third member comes. All sources
	// go on in a hush because their records lie anywhere.
	p.eventParts, p.labelParts, p.placeEvents, p.placeLabels = 6, 3, "spread", "spread"
	for _, from := range []float64{0.12, 0.40, 0.68} {
		p.hushes = append(p.hushes, hush{from, from + 0.2, random.Int32N(p.eventParts)})
		p.steps = append(p.steps, step{fault: "rebalance-idle", target: random.IntN(len(p.layout))})
	}
}

// hushed reports whether an item does not occur in a round.
func (p *plan) hushed(it item) bool {
	id := ""
	if it.event != nil {
		id = it.event.id
	} else {
		id = it.label.id
	}
	share := p.share(it)
	for _, h := range p.hushes {
		if h.from <= share && share < h.to {
			return place(p.partitioner, id, p.eventParts, nil) != h.partition
		}
	}
	return false
}

// share is where an item stands in the span of a round.
func (p *plan) share(it item) float64 { return float64(it.at-worldStart) / float64(span/1000) }

// align returns the steps of a plan; those of kind idle come when as many of
// the items are sent as are before their hush.
func (p *plan) align(items []item) []step {
	for i, h := range p.hushes {
		n := 0
		for n < len(items) && p.share(items[n]) < h.from {
			n++
		}
		p.steps[i].after = float64(n*portions/len(items)) / portions
	}
	return p.steps
}

// rebalanceIdle lets every process but one leave while nothing is under way,
// and come back one after the other.
func (n *nemesis) rebalanceIdle(ctx context.Context, s step) error {
	if err := n.awaitRest(ctx); err != nil {
		return err
	}
	for i, p := range n.round.processes {
		if i != s.target {
			if err := n.terminate(p); err != nil {
				return err
			}
		}
	}
	if err := n.awaitMembers(ctx, 1); err != nil {
		return err
	}
	members := 1
	for i, p := range n.round.processes {
		if i == s.target {
			continue
		}
		if err := p.start(); err != nil {
			return err
		}
		members++
		if err := n.awaitMembers(ctx, members); err != nil {
			return err
		}
	}
	return nil
}

// awaitRest returns when everything that was sent is read, and some time has
// passed in which all that it decides can be decided.
func (n *nemesis) awaitRest(ctx context.Context) error {
	for still := 0; still < 10; {
		busy, err := n.round.busy(ctx)
		if err != nil {
			return err
		}
		if still++; busy {
			still = 0
		}
		if err := wait(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// awaitMembers returns once so many members share the partitions of JOIN.
func (n *nemesis) awaitMembers(ctx context.Context, members int) error {
	name := n.round.prefix + "group-join"
	return insist(ctx, func() error {
		groups, err := n.round.direct.admin.DescribeGroups(ctx, name)
		if err != nil {
			return err
		}
		group, with, held := groups[name], 0, 0
		for _, m := range group.Members {
			assigned, ok := m.Assigned.AsConsumer()
			if !ok {
				continue
			}
			for _, t := range assigned.Topics {
				if t.Topic == n.round.topic("scores") && len(t.Partitions) > 0 {
					with, held = with+1, held+len(t.Partitions)
				}
			}
		}
		if group.State == "Stable" && with == members && held == int(n.round.plan.eventParts) {
			return nil
		}
		return fmt.Errorf("group %s is %s; %d of %d members hold %d partitions", name, group.State, with, members, held)
	})
}
