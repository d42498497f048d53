package app

import (
	"math/rand/v2"
	"slices"
	"unsafe"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/consumer"
)

// dice makes every choice of a simulated history: from bytes while there are
// any, so that a fuzzer can steer it, then from a generator.
type dice struct {
	bytes []byte
	r     *rand.Rand
}

func newDice(seed, stream uint64) *dice { return &dice{r: rand.New(rand.NewPCG(seed, stream))} }

// n returns a number in [0, n).
func (d *dice) n(n int) int {
	if n <= 1 {
		return 0
	}
	if len(d.bytes) > 0 {
		b := d.bytes[0]
		d.bytes = d.bytes[1:]
		return int(b) % n
	}
	return d.r.IntN(n)
}

// some returns fewer than n of the records, the first ones.
func (d *dice) some(records []*kgo.Record, n int) []*kgo.Record {
	return records[:min(d.n(n), len(records))]
}

// one returns true once in n times.
func (d *dice) one(n int) bool { return d.n(n) == 0 }

// coreTxn is a transaction. When it has ended, its markers reach the
// partitions and the group one by one, in any order.
type coreTxn struct {
	ended, committed bool
	logs             []*coreLog
	commits          map[sourceID]coreCommit
	unmarked         []*coreLog
	uncounted        bool // its offsets are not visible yet
}

type coreCommit struct {
	offset   int64
	metadata string
}

// coreEntry is one offset: a record of a transaction (or of none), or a marker.
type coreEntry struct {
	record *kgo.Record
	txn    *coreTxn
	marker bool
}

// coreLog is one partition of a topic.
type coreLog struct {
	id      sourceID
	entries []coreEntry
}

func (l *coreLog) end() int64 { return int64(len(l.entries)) }

// stable is the last stable offset: where the first transaction without its marker begins.
func (l *coreLog) stable() int64 {
	for i := range l.entries {
		if t := l.entries[i].txn; t != nil && (!t.ended || slices.Contains(t.unmarked, l)) {
			return int64(i)
		}
	}
	return l.end()
}

// between returns what a read_committed reader that keeps control records sees of [from, to).
func (l *coreLog) between(from, to int64) []*kgo.Record {
	var seen []*kgo.Record
	for i := from; i < to; i++ {
		e := &l.entries[i]
		if e.marker {
			seen = append(seen, controlRecord(l.id, i))
		} else if e.txn == nil || e.txn.committed {
			r := *e.record
			seen = append(seen, &r)
		}
	}
	return seen
}

// committed calls visit with the committed records of [from, to).
func (l *coreLog) committed(from, to int64, visit func(*kgo.Record) error) error {
	for _, r := range l.between(from, to) {
		if r.Attrs.IsControl() {
			continue
		}
		if err := visit(r); err != nil {
			return err
		}
	}
	return nil
}

// controlRecord is a marker as kgo.KeepControlRecords shows it; the client has
// no other way to make one.
func controlRecord(id sourceID, offset int64) *kgo.Record {
	r := &kgo.Record{Topic: id.topic, Partition: id.partition, Offset: offset}
	*(*uint8)(unsafe.Pointer(&r.Attrs)) = 0b0010_0000
	return r
}

// coreBroker is what Kafka promises and no more.
type coreBroker struct {
	logs    map[sourceID]*coreLog
	commits map[sourceID]coreCommit // of all groups: their topics differ
	flying  []*coreTxn              // ended, with markers under way
	early   int                     // commits that were visible before the records they cover
}

func newCoreBroker() *coreBroker {
	return &coreBroker{logs: map[sourceID]*coreLog{}, commits: map[sourceID]coreCommit{}}
}

func (b *coreBroker) log(topic string, partition int32) *coreLog {
	id := sourceID{topic, partition}
	l := b.logs[id]
	if l == nil {
		l = &coreLog{id: id}
		b.logs[id] = l
	}
	return l
}

// append adds a copy of r, whose value may live in a slab.
func (b *coreBroker) append(t *coreTxn, r *kgo.Record) {
	l := b.log(r.Topic, r.Partition)
	c := *r
	c.Offset, c.Key, c.Value = l.end(), slices.Clone(r.Key), slices.Clone(r.Value)
	l.entries = append(l.entries, coreEntry{record: &c, txn: t})
	if t != nil && !slices.Contains(t.logs, l) {
		t.logs = append(t.logs, l)
	}
}

// begin publishes an output in a new transaction.
func (b *coreBroker) begin(out *consumer.Output) *coreTxn {
	t := &coreTxn{commits: map[sourceID]coreCommit{}}
	for _, r := range out.Records {
		b.append(t, r)
	}
	for p, c := range out.Commits {
		t.commits[sourceID{p.Topic, p.ID}] = coreCommit{c.Offset, c.Metadata}
	}
	return t
}

func (b *coreBroker) endTxn(t *coreTxn, commit bool) {
	t.ended, t.committed = true, commit
	t.unmarked = slices.Clone(t.logs)
	t.uncounted = commit && len(t.commits) > 0
	if len(t.unmarked) > 0 || t.uncounted {
		b.flying = append(b.flying, t)
	}
}

// deliver lets one marker of t arrive.
func (b *coreBroker) deliver(t *coreTxn, d *dice) {
	n := len(t.unmarked)
	if t.uncounted {
		n++
	}
	if i := d.n(n); n > 0 && i < len(t.unmarked) {
		l := t.unmarked[i]
		t.unmarked = slices.Delete(t.unmarked, i, i+1)
		l.entries = append(l.entries, coreEntry{txn: t, marker: true})
	} else if n > 0 {
		t.uncounted = false
		for id, c := range t.commits {
			b.commits[id] = c
		}
		b.early += len(t.unmarked)
	}
	if len(t.unmarked) == 0 && !t.uncounted {
		b.flying = slices.DeleteFunc(b.flying, func(x *coreTxn) bool { return x == t })
	}
}

// settle delivers all markers of t: what a producer waits for before its next
// transaction, and a new owner before it reads commits.
func (b *coreBroker) settle(t *coreTxn, d *dice) {
	for t != nil && t.ended && (len(t.unmarked) > 0 || t.uncounted) {
		b.deliver(t, d)
	}
}

func (b *coreBroker) settleAll(d *dice) {
	for len(b.flying) > 0 {
		b.settle(b.flying[0], d)
	}
}
