package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
)

// health is the sticky state of a store: well, then failed or closed for good.
type health struct {
	dir    string
	once   sync.Once
	ended  chan struct{} // closed once reason is set
	reason error
}

func newHealth(dir string) *health { return &health{dir: dir, ended: make(chan struct{})} }

// fail makes cause what every later call returns, unless something else was first.
func (h *health) fail(cause error) {
	next := "free or repair the disk and start again"
	if cause = asDamage(cause); errors.Is(cause, ErrDamaged) {
		next = "delete it: it is rebuilt from Kafka"
	}
	h.end(fmt.Errorf("state directory %s: %w: %w; %s", h.dir, ErrFailed, cause, next))
}

func (h *health) close() { h.end(fmt.Errorf("state directory %s: %w", h.dir, ErrClosed)) }

func (h *health) end(reason error) {
	h.once.Do(func() {
		h.reason = reason
		close(h.ended)
	})
}

// err returns what ended the store, nil while it is well.
func (h *health) err() error {
	select {
	case <-h.ended:
		return h.reason
	default:
		return nil
	}
}

// fault makes an error of the disk final and returns it.
func (h *health) fault(doing string, err error) error {
	h.fail(fmt.Errorf("%s: %w", doing, err))
	return h.err()
}

// run calls f, which may write, and waits for it or for the failure of the
// store, whichever comes first. Pebble blocks writers in silence while a flush
// cannot succeed (a full disk), and would go on as if all were well should its
// logger's Fatalf return; so Fatalf does not return, and f is left behind.
func (h *health) run(f func() error) error {
	if err := h.err(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil { // how Pebble takes a directory that cannot be synced
				cause, _ := p.(error)
				h.fail(fatalError{text: fmt.Sprintf("pebble: panic: %v", p), cause: cause})
			}
		}()
		done <- f()
	}()
	select {
	case err := <-done:
		if failed := h.err(); failed != nil {
			return failed
		}
		return err
	case <-h.ended:
		return h.reason
	}
}

// write is run where an error of f is final.
func (h *health) write(f func() error) error {
	err := h.run(f)
	if err != nil && h.err() == nil {
		return h.fault("write", err)
	}
	return err
}

// logger passes Pebble's messages on and turns a fatal one into the failure of the store.
type logger struct {
	log    *slog.Logger
	health *health
}

// Infof implements pebble.Logger.
func (l *logger) Infof(format string, args ...any) { l.write(slog.LevelDebug, format, args...) }

// Errorf implements pebble.Logger.
func (l *logger) Errorf(format string, args ...any) { l.write(slog.LevelError, format, args...) }

// Fatalf implements pebble.Logger. It never returns, as Pebble requires.
func (l *logger) Fatalf(format string, args ...any) {
	l.write(slog.LevelError, format, args...)
	fatal := fatalError{text: fmt.Sprintf(format, args...)}
	for _, arg := range args {
		if err, ok := arg.(error); ok {
			fatal.cause = err
		}
	}
	l.health.fail(fatal)
	select {}
}

// fatalError is a message of Pebble that keeps the error it was formatted from.
type fatalError struct {
	text  string
	cause error
}

func (e fatalError) Error() string { return e.text }
func (e fatalError) Unwrap() error { return e.cause }

func (l *logger) write(level slog.Level, format string, args ...any) {
	// A failed store repeats itself without end: once is enough.
	if l.log == nil || l.health.err() != nil || !l.log.Enabled(context.Background(), level) {
		return
	}
	l.log.Log(context.Background(), level, fmt.Sprintf("pebble: "+format, args...))
}
