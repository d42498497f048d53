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
	leastFetch     = 32 << 10 // a batch comes whole although it is larger
	mostFetch      = 16 << 20
	recordOverhead = 256 // of a record in memory, beside its bytes
	firstInflation = 64  // before anything is known
)

// fetchBound keeps what one fetch decompresses to near a number of bytes.
type fetchBound struct {
	want int64

	mu        sync.Mutex
	client    *kgo.Client
	inflation float64 // bytes in memory for one on the wire, by the worst of late
	asked     int64
}

// BoundFetches returns a hook for one client that makes its fetches smaller
// the better compressed they prove to be, so that each takes about as many
// bytes of memory.
func BoundFetches(bytes int64) kgo.Hook { return &fetchBound{want: bytes, inflation: firstInflation} }

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
	if m.CompressedBytes <= 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := float64(m.UncompressedBytes+recordOverhead*m.NumRecords) / float64(m.CompressedBytes)
	f.inflation = max(seen, f.inflation+(seen-f.inflation)/16, 1)
	f.ask()
}

// ask tells the client what to ask for, unless that has hardly changed.
func (f *fetchBound) ask() {
	size := min(max(int64(float64(f.want)/f.inflation), leastFetch), mostFetch)
	if f.client == nil || size > f.asked-f.asked/8 && size < f.asked+f.asked/8 {
		return
	}
	f.asked = size
	f.client.UpdateFetchMaxBytes(int32(size), int32(min(size, 1<<20)))
}
