package faultnet

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Action is what happens to the message that a strike waits for.
type Action uint8

// The actions.
const (
	// Cut takes the whole process off the network: a request has not
	// arrived, a response has been given but not received.
	Cut Action = iota
	// Lose breaks the one connection, with the same effect on the message.
	Lose
	// Hold keeps a request back, and the connection silent; [Strike.Deliver]
	// brings it to the broker later.
	Hold
	// Keep lets the message pass; [Strike.Deliver] brings a request a second time.
	Keep
)

// Strike is a fault at one message.
type Strike struct {
	Client   string // client id; "": of any client
	Key      kmsg.Key
	Response bool
	Skip     int // let so many pass first
	Action   Action
	Before   func() // runs first; nil: nothing

	once    sync.Once
	hits    atomic.Int64
	hit     chan struct{}
	dial    Dialer
	address string
	request []byte
}

// Strike arms s, for one hit, and returns it.
func (n *Net) Strike(s *Strike) *Strike {
	s.hit, s.dial = make(chan struct{}), n.dial
	n.mu.Lock()
	defer n.mu.Unlock()
	n.strikes = append(n.strikes, s)
	return s
}

// struckBy returns the strike that m meets, nil for none.
func (n *Net) struckBy(m message) *Strike {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, s := range n.strikes {
		if s.Client != "" && s.Client != m.client || int16(s.Key) != m.key || s.Response != m.response {
			continue
		}
		if s.Skip--; s.Skip < 0 {
			n.strikes = slices.Delete(n.strikes, i, i+1)
			return s
		}
	}
	return nil
}

func (s *Strike) report(address string, request []byte) {
	if s.Before != nil {
		s.Before()
	}
	s.address, s.request = address, slices.Clone(request)
	s.hits.Add(1)
	s.once.Do(func() { close(s.hit) })
}

// Hit is closed once the message came by.
func (s *Strike) Hit() <-chan struct{} { return s.hit }

// Hits is 1 once the message came by.
func (s *Strike) Hits() int { return int(s.hits.Load()) }

// Deliver brings the request of a Hold or Keep to its broker on a connection
// of its own and waits for the answer, which it returns without size and
// correlation id.
func (s *Strike) Deliver(ctx context.Context) ([]byte, error) {
	<-s.hit
	c, err := s.dial(ctx, "tcp", s.address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Write(s.request); err != nil {
		return nil, err
	}
	frame, err := readFrame(c)
	if err != nil {
		return nil, err
	}
	return frame[8:], nil
}

// String names the point.
func (s *Strike) String() string {
	side := "request"
	if s.Response {
		side = "response"
	}
	client := s.Client
	if client == "" {
		client = "any client"
	}
	return fmt.Sprintf("%s: %s %s", client, s.Key.Name(), side)
}
