package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"hindsight/app/config"
	"hindsight/consumer"
	"hindsight/schemas"
)

// Story is all that topics and commits tell of one event id.
type Story struct {
	ID       string            `json:"id"`
	Standing string            `json:"standing"` // how it stands now, in words
	Facts    []Fact            `json:"facts"`    // what happened, in order of stream time
	Scores   []schemas.Score   `json:"scores"`
	Outcomes []schemas.Outcome `json:"outcomes"` // with the fates of its labels, in the order of decision
}

// Fact is one record about an event, in words.
type Fact struct {
	At        string `json:"at"`   // stream time, RFC 3339: of an outcome the tick, of other records their own stamp
	What      string `json:"what"` // event, score, label, outcome, fate, dead_letter or ahead, which is still to come
	Text      string `json:"text"`
	Topic     string `json:"topic,omitempty"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`

	at    schemas.Instant
	order int // of facts of one instant
}

// Story reads what the topics hold of an id: the partition of scores,
// outcomes, labels and labels-rerouted that it hashes to, the labels that JOIN
// has not read yet, and all dead letters.
func (q *Inquiry) Story(ctx context.Context, id string) (*Story, error) {
	r, err := q.newStoryReader(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, read := range []func(context.Context) error{r.readOwn, r.readEvents, r.readLabels, r.readDeadLetters} {
		if err := read(ctx); err != nil {
			return nil, err
		}
	}
	return r.found.tell(), nil
}

// Found reports whether anything is known of the id.
func (s *Story) Found() bool { return len(s.Facts) > 0 }

// Lines tells the story, one line a fact, and how it stands.
func (s *Story) Lines() []string {
	var lines []string
	for _, f := range s.Facts {
		place := ""
		if f.Topic != "" {
			place = fmt.Sprintf("%s/%d@%d", f.Topic, f.Partition, f.Offset)
		}
		lines = append(lines, fmt.Sprintf("%-27s %-11s %-24s %s", f.At, f.What, place, f.Text))
	}
	if s.Standing != "" {
		lines = append(lines, "", s.Standing)
	}
	return lines
}

// add puts a fact into its place.
func (s *Story) add(at schemas.Instant, order int, what, topic string, partition int32, offset int64, text string, args ...any) {
	s.Facts = append(s.Facts, Fact{
		At: at.String(), What: what, Text: fmt.Sprintf(text, args...), Topic: topic, Partition: partition, Offset: offset, at: at, order: order,
	})
}

func (s *Story) sort() {
	slices.SortStableFunc(s.Facts, func(a, b Fact) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.order, b.order)) })
}

// placeOfID returns the partition of scores that an id hashes to.
func placeOfID(cfg *config.Config, id string, partitions int32) (int32, error) {
	place, err := consumer.PartitionerNamed(cfg.Scores.Partitioner)
	if err != nil {
		return 0, err
	}
	if partitions == 0 {
		return 0, &personError{fmt.Sprintf("topic %s has no partition: has hindsight run here?", cfg.Topics.Scores)}
	}
	return place([]byte(id), partitions), nil
}
