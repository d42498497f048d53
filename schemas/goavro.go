package schemas

import (
	"fmt"
	"sync"

	"github.com/linkedin/goavro/v2"
)

// goavroGuard is for what goavro keeps in package variables: its block limits,
// and a map of patterns that NewCodec writes without a lock.
var goavroGuard struct {
	sync.Mutex
	limits sync.Once
}

// NewCodec returns goavro's codec of an admissible schema, with goavro's limits
// on blocks set. It is for what is off the hot path: tools, labels of odd
// shapes, tests. The error wraps ErrSchema. Do not use the codec's Rabin or
// single-object methods: its fingerprints are not those of the specification
// (see Fingerprint). The []byte values that it decodes alias the input.
func NewCodec(schemaJSON string) (codec *goavro.Codec, err error) {
	if err := Admit(schemaJSON); err != nil {
		return nil, err
	}
	goavroGuard.Lock()
	defer goavroGuard.Unlock()
	goavroGuard.limits.Do(func() {
		goavro.MaxBlockCount = maxBlock
		goavro.MaxBlockSize = 1 << 20
	})
	defer func() { // seen: a decimal without scale that stands twice
		if r := recover(); r != nil {
			codec, err = nil, fmt.Errorf("%w: goavro panicked: %v", ErrSchema, r)
		}
	}()
	codec, err = goavro.NewCodec(schemaJSON)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSchema, err)
	}
	return codec, nil
}

// Native decodes one datum that fills b. The error wraps ErrDatum.
func Native(codec *goavro.Codec, b []byte) (v any, err error) {
	defer func() {
		if r := recover(); r != nil {
			v, err = nil, fmt.Errorf("%w: goavro panicked: %v", ErrDatum, r)
		}
	}()
	v, rest, err := codec.NativeFromBinary(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDatum, err)
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%w: %d bytes after the end", ErrDatum, len(rest))
	}
	return v, nil
}
