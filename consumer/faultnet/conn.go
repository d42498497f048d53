package faultnet

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
)

// message is a request, or the response to it.
type message struct {
	client   string // client id
	key      int16
	response bool
}

// conn sees the requests of one connection: the client writes each whole.
type conn struct {
	net.Conn
	net     *Net
	address string
	once    sync.Once
	closed  chan struct{}

	mu     sync.Mutex
	asked  map[int32]message // by correlation id
	unread []byte            // of the last response
}

// Write sends one request.
func (c *conn) Write(b []byte) (int, error) {
	if err := c.net.wait(c.closed); err != nil {
		return 0, err
	}
	m, id, err := parseRequest(b)
	if err != nil {
		return 0, err
	}
	switch s := c.net.struckBy(m); {
	case s == nil:
	case s.Action == Cut:
		s.report(c.address, b)
		c.net.Cut()
		return 0, ErrDown
	case s.Action == Lose:
		s.report(c.address, b)
		return 0, errors.Join(net.ErrClosed, c.Close())
	case s.Action == Hold: // the client waits in vain, and then gives the connection up
		s.report(c.address, b)
		return len(b), nil
	case s.Action == Keep:
		s.report(c.address, b)
	}
	c.mu.Lock()
	c.asked[id] = message{m.client, m.key, true}
	c.mu.Unlock()
	return c.Conn.Write(b)
}

// Read gives out responses, each read whole before it may be struck.
func (c *conn) Read(p []byte) (int, error) {
	if len(c.unread) == 0 {
		frame, err := readFrame(c.Conn)
		if err != nil {
			return 0, err
		}
		if err := c.net.wait(c.closed); err != nil {
			return 0, err
		}
		id := int32(binary.BigEndian.Uint32(frame[4:]))
		c.mu.Lock()
		m := c.asked[id]
		delete(c.asked, id)
		c.mu.Unlock()
		switch s := c.net.struckBy(m); {
		case s == nil:
		case s.Action == Cut:
			s.report(c.address, nil)
			c.net.Cut()
			return 0, ErrDown
		case s.Action == Keep:
			s.report(c.address, nil)
		default:
			s.report(c.address, nil)
			return 0, errors.Join(net.ErrClosed, c.Close())
		}
		c.unread = frame
	}
	n := copy(p, c.unread)
	c.unread = c.unread[n:]
	return n, nil
}

// Close ends the connection.
func (c *conn) Close() error {
	c.once.Do(func() { close(c.closed) })
	c.net.forget(c)
	return c.Conn.Close()
}

func readFrame(r io.Reader) ([]byte, error) {
	frame := make([]byte, 4)
	if _, err := io.ReadFull(r, frame); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint32(frame))
	if n < 4 {
		return nil, errors.New("faultnet: a response without a correlation id")
	}
	frame = slices.Grow(frame, n)[:4+n]
	_, err := io.ReadFull(r, frame[4:])
	return frame, err
}

// parseRequest reads size, key, version, correlation id and client id.
func parseRequest(b []byte) (m message, id int32, err error) {
	const header = 14
	if len(b) < header || int(binary.BigEndian.Uint32(b)) != len(b)-4 {
		return m, 0, errors.New("faultnet: a write that is not one whole request")
	}
	m.key = int16(binary.BigEndian.Uint16(b[4:]))
	id = int32(binary.BigEndian.Uint32(b[8:]))
	if n := int(int16(binary.BigEndian.Uint16(b[12:]))); n > 0 && header+n <= len(b) {
		m.client = string(b[header : header+n])
	}
	return m, id, nil
}
