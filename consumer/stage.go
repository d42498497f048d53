package consumer

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Partition names one partition of a topic.
type Partition struct {
	Topic string
	ID    int32
}

// Commit is what a group last committed for a partition. Offset is exact:
// where nothing was committed, it is the partition's start and Metadata is "".
type Commit struct {
	Partition
	Offset   int64
	Metadata string
	Lost     int64 // records from Offset on that are gone, which Config.AcceptLoss accepts: reading begins behind them
}

// Stage is what a group does with the records of its partitions. All methods
// are called from one goroutine. Process may stage changes of state in memory;
// exactly one of Committed and Aborted follows it.
type Stage interface {
	// Assign gives the stage newly owned partitions before their first
	// record. The loop waits for it; what takes long belongs beside it: see
	// Recovering.
	Assign(ctx context.Context, commits []Commit) error
	// Revoke takes partitions away, whatever their state.
	Revoke(partitions []Partition)
	// Process handles what was polled, which may be nothing.
	Process(ctx context.Context, now time.Time, fetches kgo.Fetches, out *Output) error
	// Committed says that what Process returned stands.
	Committed() error
	// Aborted says that it does not; the same records come again.
	Aborted() error
}

// Recovering is a Stage that makes partitions ready beside the loop: what Assign
// gave it stays paused until Ready names it, while other partitions go on. A
// partition that is revoked meanwhile must not be named any more.
type Recovering interface {
	Stage
	// Ready returns the assigned partitions whose records may come from now on,
	// each once. It is called before each Process. An error ends the session.
	Ready() ([]Partition, error)
}

// Pausing is a Stage that may lack what it needs to process anything, as space
// on a disk. The member stays in its group meanwhile.
type Pausing interface {
	Stage
	// Pause reports whether nothing may be polled or processed for now. It is
	// called before each poll.
	Pause() bool
}

// Output is what one transaction publishes and commits.
type Output struct {
	// Records to publish, with Partition set.
	Records []*kgo.Record
	// Commits beside the polled offsets: metadata, and owned partitions from
	// which nothing was polled, so that the transaction is fenced all the same.
	Commits map[Partition]Commit
	// Holds are polled partitions that could not be read to the end.
	Holds map[Partition]Hold
	// More says that there is more to do without a further record: the next
	// poll does not wait.
	More bool
	// Done ends the run after this commit.
	Done bool
}

// Publish appends a record.
func (o *Output) Publish(r *kgo.Record) { o.Records = append(o.Records, r) }

// Commit sets offset and metadata of an owned partition.
func (o *Output) Commit(topic string, partition int32, offset int64, metadata string) {
	p := Partition{topic, partition}
	o.Commits[p] = Commit{Partition: p, Offset: offset, Metadata: metadata}
}

// Hold leaves the records of a polled partition from offset on out of the
// transaction: they come again after a while, and the other partitions go on
// meanwhile.
func (o *Output) Hold(topic string, partition int32, offset int64, reason error) {
	o.Holds[Partition{topic, partition}] = Hold{Offset: offset, Reason: reason}
}

func (o *Output) empty() bool { return len(o.Records) == 0 && len(o.Commits) == 0 }

func (o *Output) reset() {
	clear(o.Records)
	o.Records = o.Records[:0]
	if o.Commits == nil {
		o.Commits = map[Partition]Commit{}
	}
	clear(o.Commits)
	if o.Holds == nil {
		o.Holds = map[Partition]Hold{}
	}
	clear(o.Holds)
	o.Done, o.More = false, false
}
