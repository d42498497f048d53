package kafka

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// MaxBatch is how many bytes a fetched batch may decompress to: a larger one
// is skipped. It is the same whatever the memory bound, because what was
// skipped once must be skipped again when the log is read again.
const MaxBatch = 64 << 20

// The sizes between which fetches are asked for. The client asks in bytes on
// the wire, and what matters is what they decompress to.
const (
	leastFetch     = 1 << 10 // a batch comes whole although it is larger
	mostFetch      = 16 << 20
	recordOverhead = 256 // of a record in memory, beside its bytes
	batchOverhead  = 61  // of a batch on the wire: the marker of a transaction is little else
)

// fetchBound keeps what one fetch decompresses to near a number of bytes.
type fetchBound struct {
	want int64

	mu        sync.Mutex
	client    *kgo.Client
	inflation float64 // bytes in memory for one on the wire, by the worst of late; 0: nothing came yet
	asked     int64
}

// BoundFetches returns a hook for one client that makes its fetches smaller
// the better compressed they prove to be, so that each takes about as many
// bytes of memory.
func BoundFetches(bytes int64) kgo.Hook { return &fetchBound{want: bytes} }

// OnNewClient implements kgo.HookNewClient.
func (f *fetchBound) OnNewClient(client *kgo.Client) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.client = client
	f.ask()
}

// OnFetchBatchRead implements kgo.HookFetchBatchRead. Bad news count at once,
// good news little by little.
func (f *fetchBound) OnFetchBatchRead(_ kgo.BrokerMetadata, _ string, _ int32, m kgo.FetchBatchMetrics) {
	if m.CompressedBytes <= 0 || m.NumRecords == 0 { // empty, or refused: its size is not known
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := float64(m.UncompressedBytes+recordOverhead*m.NumRecords) / float64(m.CompressedBytes+batchOverhead)
	if f.inflation > 0 {
		seen = max(seen, f.inflation+(seen-f.inflation)/16)
	}
	f.inflation = max(seen, 1)
	f.ask()
}

// ask tells the client what to ask for, unless that has hardly changed: a single
// batch before anything is known.
func (f *fetchBound) ask() {
	size := int64(leastFetch)
	if f.inflation > 0 {
		size = min(max(int64(float64(f.want)/f.inflation), leastFetch), mostFetch)
	}
	if f.client == nil || size > f.asked-f.asked/8 && size < f.asked+f.asked/8 {
		return
	}
	f.asked = size
	f.client.UpdateFetchMaxBytes(int32(size), int32(min(size, 1<<20)))
}
