package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"
)

// sessionTimeout is after what time without a heartbeat a member is thrown out.
const sessionTimeout = 6 * time.Second

// patience is how long a program may take to end when it is asked to.
const patience = 3 * time.Minute

// nemesis works the faults of a round off, one after the other.
type nemesis struct {
	round *round
	hits  map[string]int // faults that fell while records were under way
	idle  map[string]int // faults that fell while none were
	lost  int            // markers of transactions that a killed broker did not write
}

// run meets each step when the producers have come so far.
func (n *nemesis) run(ctx context.Context) error {
	for i, s := range n.round.plan.steps {
		if err := n.round.feed.await(ctx, s.after); err != nil {
			return err
		}
		if err := n.settle(ctx); err != nil {
			return err
		}
		busy, err := n.awaitWork(ctx)
		if err != nil {
			return err
		}
		n.round.logf("fault %s of %s, hold %v, rest %v, busy %v", s.fault, n.round.processes[s.target].name, s.hold, s.rest, busy)
		if err := n.strike(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s.fault, err)
		}
		if busy {
			n.hits[s.fault]++
		} else {
			n.idle[s.fault]++
		}
		n.round.feed.release(i + 1)
	}
	return nil
}

// awaitWork returns when records are under way; false if none come, because
// everything is published and read.
func (n *nemesis) awaitWork(ctx context.Context) (bool, error) {
	for range 100 {
		if busy, err := n.round.busy(ctx); busy || err != nil {
			return busy, err
		}
		if err := wait(ctx, 20*time.Millisecond); err != nil {
			return false, err
		}
	}
	return false, nil
}

// settle starts again what ended by itself, as a supervisor would, and lets
// the work go on for a moment.
func (n *nemesis) settle(ctx context.Context) error {
	for _, p := range n.round.processes {
		if _, alive := p.alive(); !alive {
			if err := p.start(); err != nil {
				return err
			}
		}
	}
	if err := n.mend(ctx); err != nil {
		return err
	}
	return wait(ctx, 700*time.Millisecond)
}

// mend does an operator's work after the death of a broker.
func (n *nemesis) mend(ctx context.Context) error {
	if n.hits["broker-kill"]+n.idle["broker-kill"]+n.hits["broker-haste"]+n.idle["broker-haste"] == 0 {
		return nil
	}
	return insist(ctx, func() error {
		lost, err := n.round.direct.mend(ctx, n.round.prefix)
		if n.lost += lost; lost > 0 {
			n.round.logf("the broker had lost %d markers", lost)
		}
		return err
	})
}

func (n *nemesis) strike(ctx context.Context, s step) error {
	p := n.round.processes[s.target]
	switch s.fault {
	case "kill", "lost-disk":
		p.kill()
		if s.fault == "lost-disk" {
			if err := p.loseDisk(s.lossy); err != nil {
				return err
			}
		}
		if err := wait(ctx, s.rest); err != nil {
			return err
		}
		return p.start()
	case "terminate":
		if err := n.terminate(p); err != nil {
			return err
		}
		return p.start()
	case "pause":
		p.signal(syscall.SIGSTOP, false)
		err := wait(ctx, s.hold)
		p.signal(syscall.SIGCONT, false)
		return err
	case "storm":
		return n.storm(ctx, s)
	case "rebalance-idle":
		return n.rebalanceIdle(ctx, s)
	case "broker-kill", "broker-haste":
		return n.round.broker.restart(ctx, s.rest, s.fault == "broker-haste")
	case "broker-pause":
		if err := n.round.broker.signal(syscall.SIGSTOP); err != nil {
			return err
		}
		err := wait(ctx, s.hold)
		return errors.Join(err, n.round.broker.signal(syscall.SIGCONT))
	case "cut":
		return n.round.broker.proxy.cut(ctx, s.rest/4)
	}
	return n.round.broker.proxy.spoil(ctx, s.fault, s.hold)
}

// storm has members leave and come back faster than the group settles.
func (n *nemesis) storm(ctx context.Context, s step) error {
	for i := range 5 {
		p := n.round.processes[(s.target+i)%len(n.round.processes)]
		if err := n.terminate(p); err != nil {
			return err
		}
		if err := p.start(); err != nil {
			return err
		}
		if err := wait(ctx, s.rest/2); err != nil {
			return err
		}
	}
	return nil
}

// terminate ends a process as an operator does; one that does not obey is a violation.
func (n *nemesis) terminate(p *process) error {
	err := p.terminate(patience)
	if errors.Is(err, errHangs) {
		n.round.violate("life cycle", "SIGTERM: %v", err)
		return nil
	}
	return err
}
