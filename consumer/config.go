package consumer

import (
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Delivery is the guarantee between input offsets and output records.
type Delivery uint8

// The guarantees.
const (
	// ExactlyOnce commits outputs and offsets in one transaction.
	ExactlyOnce Delivery = iota
	// AtLeastOnce publishes, then commits: a crash between repeats outputs,
	// which are then equal and carry the same revision.
	AtLeastOnce
)

// Config says how one stage takes part in its group.
type Config struct {
	Name            string // of the stage, for logs and errors
	Client          []kgo.Opt
	Group           string
	TransactionalID string // stable across restarts on a real broker
	Delivery        Delivery
	CommitInterval  time.Duration // least time between two commits while there is little to do
	EndTimeout      time.Duration // of one commit: no shorter than the client's transaction timeout
	StopTimeout     time.Duration // how long a stop may take to finish what is under way, and again to leave without; 0: as long as it takes
	MaxRecords      int           // most records in one commit
	PollBytes       int64         // about how many bytes of records in one commit; 0: as many as were fetched
	Instance        string        // of a static member, unique in the group; "": a dynamic one
	Lead            string        // topic whose partitions are assigned
	Followers       []string      // topics of the same count, mirrored onto the lead
	Spread          []string      // topics assigned on their own
	Outputs         []string      // topics that the stage publishes to
	Recycle         bool          // the stage keeps nothing of a record after Committed or Aborted
	MaxMessage      func(topic string) int32
	Inflation       func(...kgo.Pool) []kgo.Opt // bounds what fetches of one client decompress to, in the memory of its pools; nil: as the client does
	Hooks           func() []kgo.Hook           // makes the hooks of one client; nil: none
	// AcceptLoss says for which topics the run goes on behind records that were
	// deleted before they were read; nil: for none, a LostError ends the run.
	AcceptLoss func(topic string) bool
	// Held is told at every turn which partition has been held for longest, once
	// that is long, and how long; 0: none has been. nil: nobody wants to know.
	Held func(Partition, Hold, time.Duration)
	// Now is the wall clock that the stage is given; nil: time.Now.
	Now func() time.Time
	Log *slog.Logger
}

func (c *Config) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

func (c *Config) topics() []string {
	topics := append([]string{c.Lead}, c.Followers...)
	return append(topics, c.Spread...)
}
