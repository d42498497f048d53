package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// proxy stands between the programs and their broker. It is our own because
// toxiproxy 2.12 now and then blocks for ever when a toxic is taken off a
// connection in use (link.go, RemoveToxic), and a nemesis that hangs shows nothing.
type proxy struct {
	upstream string
	listen   string
	up, down lane

	mu       sync.Mutex
	listener net.Listener
	open     map[net.Conn]bool
}

// lane is one direction of all connections.
type lane struct {
	mu sync.Mutex
	weather
}

// weather is how bad the network is.
type weather struct {
	hole  bool          // swallow everything
	delay time.Duration // before each piece, at random from half of it to one and a half
	rate  int           // bytes a second over each connection; 0: as fast as it goes
}

// networkFaults are what each fault of the network does to the two directions.
var networkFaults = map[string]struct{ up, down weather }{
	"black-hole": {weather{hole: true}, weather{hole: true}},
	"hole-up":    {up: weather{hole: true}},
	"hole-down":  {down: weather{hole: true}},
	"latency":    {down: weather{delay: 100 * time.Millisecond}},
	"bandwidth":  {weather{rate: 400_000}, weather{rate: 400_000}},
}

func newProxy(upstream string) (*proxy, error) {
	x := &proxy{upstream: upstream, listen: "127.0.0.1:0", open: map[net.Conn]bool{}}
	return x, x.start()
}

func (x *proxy) address() string { return x.listen }

func (x *proxy) start() error {
	l, err := net.Listen("tcp", x.listen)
	if err != nil {
		return fmt.Errorf("proxy: %w", err)
	}
	x.mu.Lock()
	x.listener, x.listen = l, l.Addr().String()
	x.mu.Unlock()
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return // closed
			}
			go x.serve(client)
		}
	}()
	return nil
}

// stop closes the door and every connection.
func (x *proxy) stop() {
	x.mu.Lock()
	_ = x.listener.Close()
	x.mu.Unlock()
	x.hangUp()
}

func (x *proxy) hangUp() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for c := range x.open {
		_ = c.Close()
	}
}

// hold keeps a connection among those that can be hung up.
func (x *proxy) hold(c net.Conn, open bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if open {
		x.open[c] = true
	} else {
		delete(x.open, c)
	}
}

func (x *proxy) serve(client net.Conn) {
	defer client.Close()
	x.hold(client, true)
	defer x.hold(client, false)
	broker, err := net.Dial("tcp", x.upstream)
	if err != nil {
		return
	}
	defer broker.Close()
	var both sync.WaitGroup
	both.Go(func() { x.up.carry(broker, client) })
	both.Go(func() { x.down.carry(client, broker) })
	both.Wait()
}

// carry copies what from says to to, through the weather, until either ends.
func (l *lane) carry(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	piece, torn := make([]byte, 16<<10), false
	for {
		n, err := from.Read(piece)
		if err != nil {
			return
		}
		l.mu.Lock()
		w := l.weather
		l.mu.Unlock()
		if torn = torn || w.hole; w.hole {
			continue
		}
		if torn {
			return // never go on after a gap
		}
		if slow := w.slows(n); slow > 0 {
			_ = wait(context.Background(), slow)
		}
		if _, err := to.Write(piece[:n]); err != nil {
			return
		}
	}
}

// slows is how long a piece of n bytes takes.
func (w weather) slows(n int) (d time.Duration) {
	if w.delay > 0 {
		d = w.delay/2 + rand.N(w.delay)
	}
	if w.rate > 0 {
		d += time.Duration(n) * time.Second / time.Duration(w.rate)
	}
	return d
}

func (l *lane) set(w weather) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.weather = w
}

// cut closes every connection; new ones are taken again after rest.
func (x *proxy) cut(ctx context.Context, rest time.Duration) error {
	x.stop()
	if err := wait(ctx, rest); err != nil {
		return err
	}
	return x.start()
}

// spoil lets the network be bad for a while. What a hole swallowed is gone,
// so its connections are closed when it ends.
func (x *proxy) spoil(ctx context.Context, fault string, hold time.Duration) error {
	bad, known := networkFaults[fault]
	if !known {
		return fmt.Errorf("fault %q is unknown", fault)
	}
	x.up.set(bad.up)
	x.down.set(bad.down)
	err := wait(ctx, hold)
	x.up.set(weather{})
	x.down.set(weather{})
	if bad.up.hole || bad.down.hole {
		x.hangUp()
	}
	return err
}
