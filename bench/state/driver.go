package main

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"time"

	"hindsight/app/memory"
	"hindsight/labels"
	"hindsight/labels/store"
	"hindsight/schemas"
)

// figures are what one size costs.
type figures struct {
	Pending       int
	AddMicros     float64 // CPU, µs, for a score to become pending
	RebuildMicros float64 // CPU, µs, for one that is pending when the state is rebuilt, without reading it from Kafka
	PairMicros    float64 // CPU, µs, for one more to come, for one to meet its label, and for one to be forgotten
	PeakMiB       int     // resident
	DiskBytes     float64 // for each pending score, once all is compacted as far as it was by itself
}

// driver adds scores one every interval of stream time. A label comes `pending`
// scores later, and soon after it the score is forgotten.
type driver struct {
	pending, pairs int
	limit          int64 // bytes
	rebuild        bool
	profile        string

	budget memory.Budget
	join   *labels.Join
	store  *store.Pebble
	batch  store.Batch
	score  schemas.Score
}

const (
	interval = schemas.Instant(time.Millisecond / time.Microsecond)
	tick     = time.Second
	perTick  = int64(tick / time.Millisecond)
	perBatch = 5 * perTick // about what a commit takes in
	piece    = 4 << 20     // bytes of a batch of a rebuild
)

func measure(d driver) (f figures, err error) {
	dir, err := os.MkdirTemp("", "hindsight-state-")
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	d.budget = memory.Divide(d.limit)
	memory.Bound{Bytes: d.limit}.Apply()
	if d.profile != "" {
		out, err := os.Create(d.profile)
		if err != nil {
			return f, err
		}
		if err := pprof.StartCPUProfile(out); err != nil {
			return f, err
		}
		defer func() { pprof.StopCPUProfile(); err = errors.Join(err, out.Close()) }()
	}
	if d.store, err = store.OpenPebble(dir, store.Options{CacheBytes: d.budget.StateCache, MemTableSize: uint64(d.budget.StateMemory)}); err != nil {
		return f, err
	}
	f.Pending = d.pending
	do := d.run
	if d.rebuild {
		do = d.again
	}
	if err := do(&f, dir); err != nil {
		return f, errors.Join(err, d.store.Close())
	}
	return f, d.store.Close()
}

// begin opens the join of an empty store.
func (d *driver) begin() (err error) {
	d.join, err = labels.Open(0, 1, d.store, labels.Config{
		EventsTopic: "events", EventWidth: time.Minute, LabelWidth: time.Minute, BatchBytes: d.budget.StateBatch, BatchCount: d.budget.Outcomes,
	})
	if err != nil {
		return err
	}
	d.score = schemas.Score{Model: "fraud", Version: "2026-11-25", Value: 0.25, Prediction: "0", Positive: "1", Segments: []schemas.Segment{{Field: "region", Value: "north"}}}
	return nil
}

func (d *driver) settings() error {
	return d.join.AddSettings(nil, labels.Settings{
		From: schemas.Beginning, Tick: tick, Horizon: time.Duration(d.pending)*time.Millisecond + 3*tick, Conflict: labels.Latest,
	}, 0)
}

func (d *driver) run(f *figures, dir string) error {
	err := d.begin()
	if err == nil {
		err = d.settings()
	}
	if err != nil {
		return err
	}
	began := cpu()
	if err := d.steps(0, int64(d.pending)); err != nil {
		return err
	}
	f.AddMicros = (cpu() - began) / float64(d.pending) * 1e6
	began = cpu()
	if err := d.steps(int64(d.pending), int64(d.pending+d.pairs)); err != nil {
		return err
	}
	f.PairMicros = (cpu() - began) / float64(d.pairs) * 1e6
	if got := d.join.Status().Ledger; got.Matched < int64(d.pairs)-10*perBatch || got.Unlabelled > 0 || got.Pending < int64(d.pending) {
		return fmt.Errorf("%d pairs: ledger %+v", d.pairs, got)
	}
	if f.PeakMiB, err = peak(); err != nil {
		return err
	}
	size, err := sizeOf(dir)
	f.DiskBytes = float64(size) / float64(d.pending)
	return err
}

// again rebuilds the state of a partition in which the scores are pending, as
// JOIN does after its disk was lost.
func (d *driver) again(f *figures, _ string) error {
	if err := d.begin(); err != nil {
		return err
	}
	n := int64(d.pending)
	target := labels.Status{Closed: (schemas.Instant(n) * interval).Floor(tick), Ledger: labels.Ledger{Scores: n, Pending: n}}
	if err := d.join.Rebuild(target, labels.NewDecided(target.Floors)); err != nil {
		return err
	}
	if err := d.settings(); err != nil {
		return err
	}
	began := cpu()
	d.batch = d.store.Load()
	for i := range n {
		d.next(i)
		if err := d.join.AddScore(d.batch, &d.score, i); err != nil {
			return err
		}
		if d.batch.Size() < piece && i < n-1 {
			continue
		}
		if err := d.commit(); err != nil {
			return err
		}
		d.batch = d.store.Load()
	}
	if err := d.batch.Discard(); err != nil {
		return err
	}
	for done := false; !done; {
		d.batch = d.store.Begin()
		var err error
		if done, err = d.join.Settle(d.batch, target); err != nil {
			return err
		}
		if err := d.commit(); err != nil {
			return err
		}
	}
	if err := d.store.Sync(); err != nil {
		return err
	}
	f.RebuildMicros = (cpu() - began) / float64(n) * 1e6
	var err error
	f.PeakMiB, err = peak()
	return err
}

// next is the score of step i, and when it arrives.
func (d *driver) next(i int64) schemas.Instant {
	now := schemas.Instant(i) * interval
	d.score.EventID = id(i)
	d.score.EventTime, d.score.Arrival, d.score.SourceOffset = now, now, i
	return now
}

func (d *driver) commit() error {
	if err := d.join.Save(d.batch); err != nil {
		return err
	}
	return d.batch.Commit()
}

// steps adds the scores [from, to), each with the label of the one that is as
// old as many are pending.
func (d *driver) steps(from, to int64) error {
	label := labels.Label{Truth: "1", Topic: "labels", Rerouted: -1}
	for i := from; i < to; i++ {
		if d.batch == nil {
			d.batch = d.store.Begin()
		}
		now := d.next(i)
		if err := d.join.AddScore(d.batch, &d.score, i); err != nil {
			return err
		}
		if n := i - int64(d.pending); n >= 0 {
			label.EventID, label.LabelTime, label.Arrival, label.Offset = id(n), now, now, n
			if err := d.join.AddLabel(d.batch, &label); err != nil {
				return err
			}
		}
		if i%perBatch == perBatch-1 || i == to-1 {
			if err := d.close(now); err != nil {
				return err
			}
		}
	}
	return nil
}

// close closes what it can, in as many batches as it takes.
func (d *driver) close(now schemas.Instant) error {
	for done := false; !done; {
		var err error
		if done, err = d.join.Close(d.batch, now, silence{}); err != nil {
			return err
		}
		if err := d.commit(); err != nil {
			return err
		}
		d.batch = d.store.Begin()
	}
	return d.store.Sync() // JOIN does it once a second
}

// id is as random as ids are at their worst for an ordered store, and the same every time.
func id(i int64) string {
	x := uint64(i)*0x9e3779b97f4a7c15 + 0x632be59bd9b4e019
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return hex.EncodeToString(binary.BigEndian.AppendUint64(nil, x^x>>31))
}

type silence struct{}

func (silence) Outcome(*schemas.Outcome) error { return nil }
func (silence) Slice(*schemas.Slice) error     { return nil }

// cpu is what this process has used, in seconds.
func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // it cannot fail for oneself
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// peak returns the largest resident size of this process so far, in MiB.
func peak() (int, error) {
	text, err := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(text)) {
		if kib, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kib), "kB")))
			return n >> 10, err
		}
	}
	return 0, errors.Join(errors.New("no VmHWM"), err)
}

// sizeOf is what a folder holds, in bytes.
func sizeOf(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) { // compacted away
			return nil
		}
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n, err
}
