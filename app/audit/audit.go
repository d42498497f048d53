package audit

import (
	"hash/maphash"
	"time"

	"hindsight/labels"
	"hindsight/schemas"
)

// Options are the settings that the system works by.
type Options struct {
	Topics Topics
	Place  func(id []byte, partitions int32) int32 // of an event id among the partitions of scores
	// AtLeastOnce forgives repetitions, which its readers are told to expect.
	AtLeastOnce bool
	// Compacted are the topics of which records that were written again are gone.
	Compacted map[string]bool

	EventWidth, LabelWidth time.Duration // of slices
	Tick                   time.Duration
	Settle                 time.Duration            // horizon + grace
	Skew                   time.Duration            // by how much an event time may lie ahead
	Windows                map[string]schemas.Clock // as configured now
	Confidence             float64                  // of the intervals in windows

	Limit int // most violations listed, of each rule
}

// Topics are the names of the topics. Without Events or Labels their records
// are not accounted for.
type Topics struct {
	Events, Labels, Scores, Outcomes, Rerouted, Slices, Windows, Alarms, WatchState, DeadLetters string
}

// Extent is the part of a partition that can be read: offsets [First, End).
type Extent struct{ First, End int64 }

// Extents are those of each topic, by partition.
type Extents map[string]map[int32]Extent

// SourceCommit is what a stage committed of a partition of events or labels.
type SourceCommit struct {
	Topic                                        string
	Partition                                    int32
	Offset                                       int64
	Clock                                        schemas.Instant
	Read, Scored, InPlace, Rerouted, DeadLetters int64
	Lost                                         int64 // deleted before they were read, which was accepted
}

// JoinCommit is what JOIN committed of a partition of scores.
type JoinCommit struct {
	Partition        int32
	Scores, Rerouted int64 // next offsets
	labels.Status
}

// WatchCommit is what WATCH committed of a partition of slices.
type WatchCommit struct {
	Partition     int32
	Offset, Floor int64
	Judged        schemas.Instant
}

// State is the commits, and the extents that were read after them: whatever was
// committed lies before the ends.
type State struct {
	Extents Extents
	Sources []SourceCommit
	Joins   []JoinCommit
	Watches []WatchCommit
}

// Auditor takes the records in and judges. Each partition's records come in
// order, and the topics so:
//
//  1. DeadLetter, Event, Label and Rerouted, Lift, Settings, of all partitions
//  2. for each partition of scores: its Scores, its Outcomes, EndPartition
//  3. Window, Alarm, WatchState
//  4. Slice
//  5. Report
//
// It is not safe for concurrent use.
type Auditor struct {
	book
	o       Options
	extents Extents
	seeds   [2]maphash.Seed

	sources  map[sourceKey]*source
	joins    map[int32]*JoinCommit
	watches  map[int32]*WatchCommit
	routes   map[int32]*route
	table    *table // of the partition under way
	ticks    map[int32]map[schemas.Instant]*tally
	oldest   map[int32]oldest
	fated    map[int32]schemas.Instant // the first tick of a partition whose slices tell of labels
	widths   map[int32]bool            // partitions whose slices have another width: not comparable
	tellers  map[tellerKey]*teller
	windows  map[windowKey]*windowSeen
	born     map[monitor]schemas.Instant
	episodes map[string]*episode
	tracks   map[trackKey]*trackSeen
	memories map[memoryKey]*schemas.WatchState
	judges   map[string]*judge
}

// New begins an audit with what the commits say.
func New(o Options, s State) *Auditor {
	a := &Auditor{
		book: newBook(o.Limit), o: o, extents: s.Extents, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		sources: map[sourceKey]*source{}, joins: map[int32]*JoinCommit{}, watches: map[int32]*WatchCommit{}, routes: map[int32]*route{},
		ticks: map[int32]map[schemas.Instant]*tally{}, widths: map[int32]bool{}, tellers: map[tellerKey]*teller{},
		windows: map[windowKey]*windowSeen{}, born: map[monitor]schemas.Instant{}, episodes: map[string]*episode{}, tracks: map[trackKey]*trackSeen{},
		memories: map[memoryKey]*schemas.WatchState{}, judges: map[string]*judge{}, oldest: map[int32]oldest{}, fated: map[int32]schemas.Instant{},
	}
	a.commits(s)
	return a
}

// extent returns what can be read of a partition, nothing where it is unknown.
func (a *Auditor) extent(topic string, partition int32) Extent { return a.extents[topic][partition] }

// trimmed reports whether the older records of a partition are gone.
func (a *Auditor) trimmed(topic string, partition int32) bool {
	return a.extent(topic, partition).First > 0
}

// Unreadable takes note of a record on a topic of ours that is not one of ours.
func (a *Auditor) Unreadable(at Position, err error) {
	a.broken(Records, "record-unreadable", "", at, "%v", err)
}

// Report ends the audit.
func (a *Auditor) Report() *Report {
	a.endSources()
	a.endSlices()
	a.endAlarms()
	return a.report()
}
