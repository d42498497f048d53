package app

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/consumer"
)

const (
	// crashClass is that of a dead letter whose handling panicked.
	crashClass = "crash"
	// mostCrashes is how often that may happen before the record is set aside.
	mostCrashes = 3
	// crashRow is how many records in a row may be set aside so: beyond, the
	// fault is in no record, and stopping loses less than going on.
	crashRow = 100
)

// crashError is a panic that was met while a record was handled.
type crashError struct{ message string }

func (e *crashError) Error() string { return e.message }

func (e *crashError) fault() *consumer.Fault {
	return &consumer.Fault{Class: crashClass, Message: fmt.Sprintf("handling it failed %d times: %s", mostCrashes, e.message)}
}

// crashOf returns the panic that err is of, nil where it is of none.
func crashOf(err error) *crashError {
	if err == nil {
		return nil // at no cost
	}
	var crash *crashError
	errors.As(err, &crash)
	return crash
}

// caught calls handle, and returns its panic as a crashError.
func caught(handle func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &crashError{fmt.Sprintf("panic: %v, at %s", p, panicked())}
		}
	}()
	return handle()
}

// panicked tells where the panic was that a deferred function recovers from,
// and who had called.
func panicked() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	var calls []string
	for panicking, more := false, true; more && len(calls) < 4; {
		var f runtime.Frame
		f, more = frames.Next()
		panicking = panicking || f.Function == "runtime.gopanic"
		if panicking && !strings.HasPrefix(f.Function, "runtime.") {
			calls = append(calls, fmt.Sprintf("%s:%d", f.Function, f.Line))
		}
	}
	return strings.Join(calls, " < ")
}

// isolated calls handle, which changes nothing before it is done: where it
// panics it is called again, and in the end that is the record's own fault,
// whoever reads it and whenever.
func isolated(handle func() (*consumer.Fault, error)) (fault *consumer.Fault, err error) {
	for range mostCrashes {
		err = caught(func() (err error) { fault, err = handle(); return err })
		if crashOf(err) == nil {
			return fault, err
		}
	}
	return crashOf(err).fault(), nil
}

// crashes counts the panics of one goroutine's records.
type crashes struct {
	row map[string]map[place]bool // by topic: records that were set aside since its last that was not
	met map[place]*crashCount     // by changing
}

type place struct {
	topic     string
	partition int32
	offset    int64
}

func placeOf(r *kgo.Record) place { return place{r.Topic, r.Partition, r.Offset} }

type crashCount struct {
	times int
	last  *crashError
}

func newCrashes() *crashes {
	return &crashes{row: map[string]map[place]bool{}, met: map[place]*crashCount{}}
}

// changing calls handle, which changes state as it goes. A panic may leave it
// in any condition: the error must end the transaction and drop the state, so
// that the record comes again.
func (c *crashes) changing(r *kgo.Record, handle func() error) error {
	err := caught(handle)
	crash := crashOf(err)
	if crash == nil {
		return err
	}
	at := placeOf(r)
	if c.met[at] == nil {
		c.met[at] = &crashCount{}
	}
	c.met[at].times++
	c.met[at].last = crash
	return fmt.Errorf("%s/%d offset %d: %w", r.Topic, r.Partition, r.Offset, err)
}

// changed returns the fault of a record that panicked so each time that it came.
func (c *crashes) changed(r *kgo.Record) *consumer.Fault {
	if met := c.met[placeOf(r)]; met != nil && met.times >= mostCrashes {
		return met.last.fault()
	}
	return nil
}

// note is told how each record was done with, and returns an error when no
// record can be at fault any more.
func (c *crashes) note(r *kgo.Record, fault *consumer.Fault) error {
	if fault == nil || fault.Class != crashClass {
		if len(c.row) > 0 {
			delete(c.row, r.Topic)
		}
		return nil
	}
	row := c.row[r.Topic]
	if row == nil {
		row = map[place]bool{}
		c.row[r.Topic] = row
	}
	if row[placeOf(r)] = true; len(row) <= crashRow {
		return nil
	}
	return fmt.Errorf("%w: handling %d records in a row has failed, which is a fault of hindsight and not theirs: please report it. %s/%d offset %d: %s",
		consumer.ErrFatal, len(row), r.Topic, r.Partition, r.Offset, fault.Message)
}
