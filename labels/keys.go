package labels

import (
	"bytes"
	"encoding/binary"
	"math"

	"hindsight/schemas"
)

// The kinds of keys. A key is the partition (4 bytes, big endian), its kind,
// and what the kind says.
const (
	idKey        = 'i' // event id → entry, gravestone, or how many labels wait
	liftKey      = 'f' // source, position → step
	labelInbox   = 'l' // arrival, place → label whose tick is not closed
	metaKey      = 'm' // → meta
	scoreInbox   = 's' // arrival, place → score whose tick is not closed
	timerKey     = 't' // instant, 'i' event id or 'w' key of the waiting label → nothing
	waitingKey   = 'w' // length of the id, id, arrival, place → label without a score
	afterAllKeys = 'z'
)

// prefix is what all keys of one partition begin with.
type prefix [4]byte

func prefixOf(partition int32) (p prefix) {
	binary.BigEndian.PutUint32(p[:], uint32(partition))
	return p
}

// key begins a key in dst, which it overwrites.
func (p prefix) key(dst []byte, kind byte) []byte {
	return append(append(dst[:0], p[:]...), kind)
}

// timed begins a key that is ordered by time.
func (p prefix) timed(dst []byte, kind byte, at schemas.Instant) []byte {
	return appendInstant(p.key(dst, kind), at)
}

const (
	kindAt = len(prefix{}) // where the kind stands in a key
	timeAt = kindAt + 1
	restAt = timeAt + 8 // where a timed key goes on
)

// appendInstant appends i so that bytes sort as instants do.
func appendInstant(dst []byte, i schemas.Instant) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(i)^(1<<63))
}

func instantAt(b []byte) schemas.Instant {
	return schemas.Instant(binary.BigEndian.Uint64(b) ^ (1 << 63))
}

// place is where a record stands: its source, its offset there, and its offset
// in the topic it was read from, which tells copies of one record apart.
type place struct {
	source
	offset, read int64
}

// appendPlace appends p so that bytes sort by topic, partition and offset.
// Names of topics hold no zero byte.
func appendPlace(dst []byte, p place) []byte {
	dst = append(append(dst, p.topic...), 0)
	dst = binary.BigEndian.AppendUint32(dst, uint32(p.partition)^(1<<31))
	dst = binary.BigEndian.AppendUint64(dst, uint64(p.offset)^(1<<63))
	return binary.BigEndian.AppendUint64(dst, uint64(p.read)^(1<<63))
}

func placeOf(b []byte) (p place, ok bool) {
	topic, rest, found := bytes.Cut(b, []byte{0})
	if !found || len(rest) != 20 {
		return p, false
	}
	p.topic = string(topic)
	p.partition = int32(binary.BigEndian.Uint32(rest) ^ (1 << 31))
	p.offset = int64(binary.BigEndian.Uint64(rest[4:]) ^ (1 << 63))
	p.read = int64(binary.BigEndian.Uint64(rest[12:]) ^ (1 << 63))
	return p, true
}

// appendWaiting appends what the keys of all labels that wait for an id begin with.
func appendWaiting(dst []byte, id string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(id))), id...)
}

// waitingOf takes the rest of a waiting label's key apart.
func waitingOf(b []byte) (id string, arrival schemas.Instant, p place, ok bool) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > math.MaxInt32 || len(b) < size+int(n)+8 {
		return "", 0, p, false
	}
	id, b = string(b[size:size+int(n)]), b[size+int(n):]
	p, ok = placeOf(b[8:])
	return id, instantAt(b), p, ok
}

// successor returns, in dst, the first key after all that begin with b. The
// first byte of every key is that of a partition number, below 128.
func successor(dst, b []byte) []byte {
	dst = append(dst[:0], bytes.TrimRight(b, "\xff")...)
	dst[len(dst)-1]++
	return dst
}
