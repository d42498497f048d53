package kafka

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// BoundInflation returns what bounds what the answer to one fetch decompresses
// to: about so many bytes, but at least one batch, and none beyond MaxBatch.
// Fetches that are sized by what came before cannot do that alone: one that
// comes after plain records may be all bombs. The pools are those of the client.
func BoundInflation(bytes int64, pools ...kgo.Pool) []kgo.Opt {
	d := &inflation{Decompressor: decompressor(pools), most: bytes}
	return []kgo.Opt{kgo.WithDecompressor(d), kgo.WithHooks(d)}
}

// decompressor is a client's own, bounded by MaxBatch: only a client gives it out.
func decompressor(pools []kgo.Pool) kgo.Decompressor {
	client, err := kgo.NewClient(kgo.MaxDecompressBatchBytes(MaxBatch), kgo.WithPools(pools...))
	if err != nil {
		panic(err) // the options are constants
	}
	defer client.Close()
	return client.OptValue(kgo.WithDecompressor).(kgo.Decompressor)
}

// inflation decompresses for one client at a time.
type inflation struct {
	kgo.Decompressor
	most int64
	done atomic.Int64 // bytes of the answer at hand
}

// errEnough ends the records of a partition before a batch that the next fetch
// brings again: the client takes it for that because it is one to be retried.
var errEnough = fmt.Errorf("enough was decompressed of one fetch: %w", kerr.OffsetNotAvailable)

// OnBrokerRead implements kgo.HookBrokerRead.
func (d *inflation) OnBrokerRead(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, _ error) {
	if key == int16(kmsg.Fetch) {
		d.done.Store(0)
	}
}

// OnFetchBatchRead implements kgo.HookFetchBatchRead: small records take more
// beside their bytes than these.
func (d *inflation) OnFetchBatchRead(_ kgo.BrokerMetadata, _ string, _ int32, m kgo.FetchBatchMetrics) {
	d.done.Add(recordOverhead * int64(m.NumRecords))
}

// Decompress implements kgo.Decompressor.
func (d *inflation) Decompress(src []byte, codec kgo.CompressionCodecType) ([]byte, error) {
	if d.done.Load() > d.most {
		return nil, errEnough
	}
	out, err := d.Decompressor.Decompress(src, codec)
	d.done.Add(int64(len(out)))
	return out, err
}
