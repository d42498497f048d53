package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// feed is the producers of a round: they publish straight to the broker.
type feed struct {
	direct         *direct
	events, labels string // topics
	items          []item
	least          time.Duration
	steps          []step  // faults, by when they come
	ahead          float64 // how much more is published while a fault lasts

	mu   sync.Mutex
	sent float64 // share of the items
	over int     // faults that are over
	news chan struct{}
}

// ahead is how much is usually published while a fault lasts, so that the next
// one does not find everything done.
const ahead = 0.08

// portions is in how many parts the items are sent.
const portions = 100

// run publishes everything, over no less than the least time.
func (f *feed) run(ctx context.Context) error {
	for i := range portions {
		began := time.Now()
		if err := f.hold(ctx, float64(i)/portions); err != nil {
			return err
		}
		var records []*kgo.Record
		first, last := len(f.items)*i/portions, len(f.items)*(i+1)/portions
		for n := first; n < last; n++ {
			records = append(records, f.record(n))
		}
		if err := f.direct.client.ProduceSync(ctx, records...).FirstErr(); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
		f.change(func() { f.sent = float64(i+1) / portions })
		if err := wait(ctx, f.least/portions-time.Since(began)); err != nil {
			return err
		}
	}
	return nil
}

func (f *feed) change(what func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	what()
	close(f.news)
	f.news = make(chan struct{})
}

// release says that so many faults are over.
func (f *feed) release(over int) { f.change(func() { f.over = over }) }

// hold waits before more than a share is sent until the faults that come
// well before it are over.
func (f *feed) hold(ctx context.Context, share float64) error {
	return f.until(ctx, func() bool { return f.over == len(f.steps) || share <= f.steps[f.over].after+f.ahead })
}

// await returns when a share of the items is sent.
func (f *feed) await(ctx context.Context, share float64) error {
	return f.until(ctx, func() bool { return f.sent >= share })
}

// until returns when something is so.
func (f *feed) until(ctx context.Context, so func() bool) error {
	for {
		f.mu.Lock()
		yes, news := so(), f.news
		f.mu.Unlock()
		if yes {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// record carries its number, by which the oracle finds its item again.
func (f *feed) record(n int) *kgo.Record {
	it := f.items[n]
	r := &kgo.Record{Headers: []kgo.RecordHeader{{Key: "n", Value: binary.AppendUvarint(nil, uint64(n))}}}
	if e := it.event; e != nil {
		r.Topic, r.Partition, r.Key, r.Value, r.Timestamp = f.events, e.partition, []byte(e.id), e.value, time.UnixMilli(e.stamp)
	} else {
		l := it.label
		r.Topic, r.Partition, r.Key, r.Value, r.Timestamp = f.labels, l.partition, []byte(l.id), l.value, time.UnixMilli(l.stamp)
	}
	return r
}

// itemOf is the number of an item that a record carries.
func itemOf(r *kgo.Record) (int, error) {
	for _, h := range r.Headers {
		if h.Key == "n" {
			n, _ := binary.Uvarint(h.Value)
			return int(n), nil
		}
	}
	return 0, fmt.Errorf("%s/%d offset %d is not ours", r.Topic, r.Partition, r.Offset)
}
