package faultnet

import (
	"context"
	"errors"
	"net"
	"sync"
)

// Dialer connects to a broker, as kgo.Dialer takes it.
type Dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// ErrDown is what a process finds whose network was cut.
var ErrDown = errors.New("the network of this process is cut")

// Net is the network as one process sees it.
type Net struct {
	dial Dialer
	cut  chan struct{} // closed by Cut

	mu      sync.Mutex
	down    bool
	frozen  chan struct{} // closed by Thaw; nil: not frozen
	conns   map[*conn]bool
	strikes []*Strike
}

// New returns a network that connects by dial.
func New(dial Dialer) *Net {
	return &Net{dial: dial, cut: make(chan struct{}), conns: map[*conn]bool{}}
}

// TCP returns a network over TCP.
func TCP() *Net {
	var d net.Dialer
	return New(d.DialContext)
}

// Dial is the process's dialer.
func (n *Net) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if err := n.wait(ctx.Done()); err != nil {
		return nil, err
	}
	inner, err := n.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: inner, net: n, address: address, asked: map[int32]message{}, closed: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.down {
		return nil, errors.Join(ErrDown, inner.Close())
	}
	n.conns[c] = true
	return c, nil
}

// Cut takes the process off the network for good, as its death would: no
// farewell, and nothing of it arrives any more.
func (n *Net) Cut() {
	n.mu.Lock()
	if n.down {
		n.mu.Unlock()
		return
	}
	n.down = true
	close(n.cut)
	conns := n.conns
	n.conns = map[*conn]bool{}
	n.mu.Unlock()
	for c := range conns {
		_ = c.Conn.Close()
	}
}

// Down is closed once the process is cut off.
func (n *Net) Down() <-chan struct{} { return n.cut }

// Freeze stops all traffic without an end of connections, as SIGSTOP does.
func (n *Net) Freeze() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.frozen == nil {
		n.frozen = make(chan struct{})
	}
}

// Thaw ends Freeze: what was on its way arrives now.
func (n *Net) Thaw() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.frozen != nil {
		close(n.frozen)
		n.frozen = nil
	}
}

// wait returns once the network is not frozen, or an error where it is cut or given up.
func (n *Net) wait(given <-chan struct{}) error {
	for {
		n.mu.Lock()
		down, frozen := n.down, n.frozen
		n.mu.Unlock()
		if down {
			return ErrDown
		}
		if frozen == nil {
			return nil
		}
		select {
		case <-frozen:
		case <-n.cut:
		case <-given:
			return net.ErrClosed
		}
	}
}

func (n *Net) forget(c *conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.conns, c)
}
