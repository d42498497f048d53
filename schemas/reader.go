package schemas

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// maxProjections bounds how many writers' schemas a Reader remembers.
const maxProjections = 1000

// Lookup returns the text of a writer's schema by the registry's id, with its
// references resolved. Its errors wrap ErrUnknownSchema, ErrSchema or
// ErrUnavailable; any other counts as the last.
type Lookup func(ctx context.Context, id uint32) (string, error)

// Reader projects the values of one topic onto fields. It is safe for
// concurrent use, each goroutine with a Row of its own. Once a schema has been
// seen, reading takes no lock and allocates nothing.
type Reader struct {
	wire        Wire
	fields      []Field
	lookup      Lookup
	only        *Projection // of the configured schema, unless wire is Confluent
	fingerprint uint64      // of the configured schema

	known atomic.Pointer[map[uint32]verdict] // never changed, only replaced
	mu    sync.Mutex                         // held to replace known
	order []uint32                           // of known, oldest first
}

// verdict is what compiling a schema led to.
type verdict struct {
	projection *Projection
	err        error
}

// NewReader returns a reader of values in wire format. SingleObject and Bare
// need writerSchema and ignore lookup; Confluent needs lookup and ignores
// writerSchema. The error reports fields that contradict one another, and wraps
// ErrSchema where writerSchema is not admitted or cannot be projected.
func NewReader(wire Wire, writerSchema string, lookup Lookup, fields []Field) (*Reader, error) {
	r := &Reader{wire: wire, fields: slices.Clone(fields), lookup: lookup}
	if wire == Confluent {
		if lookup == nil {
			return nil, errors.New("wire confluent needs a schema registry")
		}
		r.known.Store(&map[uint32]verdict{})
		_, err := wantedFields(fields)
		return r, err
	}
	if writerSchema == "" {
		return nil, fmt.Errorf("wire %s needs a schema file", wire)
	}
	s, err := parseSchema(writerSchema)
	if err != nil {
		return nil, err
	}
	r.fingerprint = s.fingerprint()
	r.only, err = compile(s, r.fields)
	return r, err
}

// Read projects one Kafka value into row. The error wraps ErrWire,
// ErrUnknownSchema, ErrSchema or ErrDatum where the value is at fault, and
// ErrUnavailable where the same value may succeed later.
func (r *Reader) Read(ctx context.Context, value []byte, row *Row) error {
	id, payload, err := Split(r.wire, value)
	if err != nil {
		return err
	}
	p := r.only
	switch r.wire {
	case SingleObject:
		if id != r.fingerprint {
			return fmt.Errorf("%w: the value has fingerprint %016x, the configured schema %s has %016x", ErrUnknownSchema, id, p.writer, r.fingerprint)
		}
	case Confluent:
		v, ok := (*r.known.Load())[uint32(id)]
		if !ok {
			if v, err = r.learn(ctx, uint32(id)); err != nil {
				return err
			}
		}
		if v.err != nil {
			return v.err
		}
		p = v.projection
	}
	return p.Project(payload, row)
}

// learn finds and compiles a schema. What the registry says of an id holds for
// ever, so that a schema which cannot be projected is remembered too.
func (r *Reader) learn(ctx context.Context, id uint32) (verdict, error) {
	text, err := r.lookup(ctx, id)
	if err != nil {
		if !errors.Is(err, ErrUnknownSchema) && !errors.Is(err, ErrSchema) && !errors.Is(err, ErrUnavailable) {
			err = fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return verdict{}, fmt.Errorf("schema id %d: %w", id, err)
	}
	var v verdict
	if v.projection, v.err = Compile(text, r.fields); v.err != nil {
		v.err = fmt.Errorf("schema id %d: %w", id, v.err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	known := maps.Clone(*r.known.Load())
	if _, ok := known[id]; !ok {
		if len(r.order) == maxProjections {
			delete(known, r.order[0])
			r.order = slices.Delete(r.order, 0, 1)
		}
		r.order = append(r.order, id)
	}
	known[id] = v
	r.known.Store(&known)
	return v, nil
}
