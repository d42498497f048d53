package consumer

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// pool gives fetched memory back to the client, for stages that keep nothing
// of a record after its transaction: a scorer then hardly feeds the collector.
type pool struct {
	records sync.Pool // of *[]kgo.Record
	bytes   sync.Pool // of *[]byte
}

var (
	_ kgo.PoolRecords         = (*pool)(nil)
	_ kgo.PoolDecompressBytes = (*pool)(nil)
)

// GetRecords implements kgo.PoolRecords.
func (p *pool) GetRecords(n int) []kgo.Record {
	if s, ok := p.records.Get().(*[]kgo.Record); ok && cap(*s) >= n {
		return (*s)[:0]
	}
	return make([]kgo.Record, 0, max(n, 1024))
}

// PutRecords implements kgo.PoolRecords.
func (p *pool) PutRecords(s []kgo.Record) { p.records.Put(&s) }

// GetDecompressBytes implements kgo.PoolDecompressBytes. Small records seldom
// shrink to less than a third.
func (p *pool) GetDecompressBytes(compressed []byte, _ kgo.CompressionCodecType) []byte {
	n := 3 * len(compressed)
	if s, ok := p.bytes.Get().(*[]byte); ok && cap(*s) >= n {
		return (*s)[:0]
	}
	return make([]byte, 0, n)
}

// PutDecompressBytes implements kgo.PoolDecompressBytes.
func (p *pool) PutDecompressBytes(s []byte) { p.bytes.Put(&s) }

// recycle gives back what was polled.
func recycle(fetches kgo.Fetches) {
	fetches.EachRecord(func(r *kgo.Record) { r.Recycle() })
}
