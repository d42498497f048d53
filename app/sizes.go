package app

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/app/kafka"
	"hindsight/consumer"
)

// sizes is how large a record each topic takes: its max.message.bytes.
type sizes map[string]int32

const (
	unknownSize = 1_000_000
	largestSize = 64 << 20 // what a client writes at once is bounded
	// maxLabelText bounds id and truth of a label together: an outcome carries
	// the present truth and the one before beside its score. It does not depend
	// on settings, so that a rebuild judges a label as it was judged first.
	maxLabelText = 64 << 10
)

func newSizes(topics []kafka.Status) sizes {
	s := sizes{}
	for _, t := range topics {
		if t.HasMessage > 0 {
			s[t.Name] = int32(min(t.HasMessage, largestSize))
		}
	}
	return s
}

// of is how large a batch, and so a record, of a topic may be.
func (s sizes) of(topic string) int32 {
	if n, ok := s[topic]; ok {
		return n
	}
	return unknownSize
}

// score is how large a score may be, so that its outcome can be published too.
func (s sizes) score(t config.Topics) int {
	outcomes := int(s.of(t.Outcomes))
	return min(int(s.of(t.Scores)), max(outcomes-3*maxLabelText, outcomes/2))
}

// fits sets a record of ours aside that its topic would not take; made says of what it is.
func fits(r *kgo.Record, most int, made string) *consumer.Fault {
	if n := consumer.RecordBytes(r); n > most {
		return &consumer.Fault{Class: "too_large", Message: fmt.Sprintf(
			"%s has %d bytes, and %d is the most by max.message.bytes of our topics: raise it and publish the record again", made, n, most)}
	}
	return nil
}
