package app

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"

	"hindsight/app/config"
	"hindsight/schemas"
)

// Ledger is where every event, score and label ended, read from the groups'
// commits alone. Between two commits of different stages records are in
// transit: published by one, not yet read by the next.
type Ledger struct {
	Events           int64            `json:"events"`
	Scores           int64            `json:"scores"`
	EventDeadLetters int64            `json:"dead_letters"`
	LabelsRead       int64            `json:"labels_read"`
	Labels           map[string]int64 `json:"labels"`   // by fate; dead_letter and waiting too
	Outcomes         map[string]int64 `json:"outcomes"` // scores by their latest outcome, and pending
	ScoresInTransit  int64            `json:"scores_in_transit"`
	LabelsInTransit  int64            `json:"labels_in_transit"`
	// Imbalance adds up, without signs, by how many records each sum is off: those
	// of each source, of each partition of scores, and what JOIN has read beyond
	// what was published. Two faults never cancel out; it must be 0 at any time.
	Imbalance int64 `json:"imbalance"`

	sources    []ledgerSource
	partitions []ledgerPartition
}

type ledgerSource struct {
	id    sourceID
	clock schemas.Instant
}

type ledgerPartition struct {
	id     int32
	closed schemas.Instant
}

// ReadLedger adds up what the commits of SCORE and JOIN tell.
func ReadLedger(ctx context.Context, admin *kadm.Client, cfg *config.Config) (*Ledger, error) {
	// JOIN first: what it has read was published before, so that nothing in
	// transit can count as negative.
	join, err := fetchCommits(ctx, admin, cfg.Kafka.StageGroup(config.StageJoin))
	if err != nil {
		return nil, err
	}
	score, err := fetchCommits(ctx, admin, cfg.Kafka.StageGroup(config.StageScore))
	if err != nil {
		return nil, err
	}
	return sumLedger(cfg, join, score)
}

// sumLedger adds up two groups' commits.
func sumLedger(cfg *config.Config, join, score groupCommits) (*Ledger, error) {
	l := &Ledger{Labels: map[string]int64{}, Outcomes: map[string]int64{}}
	var inPlace, rerouted int64
	sources := func(visit func(sourceID, sourceCommit)) error { return score.sources(cfg.Events.Topic, visit) }
	if cfg.Scores.Foreign() {
		sources = func(visit func(sourceID, sourceCommit)) error {
			return join.foreign(cfg.Topics.Scores, cfg.Topics.LabelsRerouted, visit)
		}
	}
	if err := sources(func(id sourceID, c sourceCommit) {
		l.Events += c.Read
		l.Scores += c.Scored
		l.EventDeadLetters += c.DeadLetters
		l.Imbalance += abs(c.Read - c.Scored - c.DeadLetters)
		l.sources = append(l.sources, ledgerSource{id, c.Clock})
	}); err != nil {
		return nil, err
	}
	if err := join.sources(cfg.Labels.Topic, func(id sourceID, c sourceCommit) {
		l.LabelsRead += c.Read
		inPlace += c.InPlace
		rerouted += c.Rerouted
		l.Imbalance += abs(c.Read - c.InPlace - c.Rerouted - c.DeadLetters)
		l.Labels[schemas.DeadLettered.String()] += c.DeadLetters
		l.sources = append(l.sources, ledgerSource{id, c.Clock})
	}); err != nil {
		return nil, err
	}
	var joinedScores, joinedLabels int64
	for _, p := range join.partitions(cfg.Topics.Scores) {
		state := newJoinCommit()
		if err := decodeCommit(cfg.Topics.Scores, p, join.metadata(cfg.Topics.Scores, p), &state); err != nil {
			return nil, err
		}
		b := state.Status.Ledger
		scores, labels := b.Imbalance()
		l.Imbalance += abs(scores) + abs(labels)
		l.partitions = append(l.partitions, ledgerPartition{p, state.Status.Closed})
		for kind, n := range map[schemas.Kind]int64{
			schemas.Matched: b.Matched, schemas.Assumed: b.Assumed, schemas.Unlabelled: b.Unlabelled, schemas.Repeated: b.Repeated,
		} {
			l.Outcomes[kind.String()] += n
			joinedScores += n
		}
		l.Outcomes["pending"] += b.Pending
		joinedScores += b.Pending
		for fate, n := range map[schemas.Fate]int64{
			schemas.Used: b.Used, schemas.SameAgain: b.SameAgain, schemas.Revision: b.Revision, schemas.Conflict: b.Conflict,
			schemas.Orphan: b.Orphan, schemas.TooLate: b.TooLate,
		} {
			l.Labels[fate.String()] += n
			joinedLabels += n
		}
		l.Labels["waiting"] += b.Waiting
		joinedLabels += b.Waiting
	}
	l.ScoresInTransit = l.Scores - joinedScores
	l.LabelsInTransit = inPlace + rerouted - joinedLabels
	l.Imbalance += max(0, -l.ScoresInTransit) + max(0, -l.LabelsInTransit)
	return l, nil
}

func abs(n int64) int64 { return max(n, -n) }

// Faults says which sums do not add up, for a system that stands still:
// nothing may be in transit then.
func (l *Ledger) Faults() []string {
	var faults []string
	if l.Imbalance != 0 {
		faults = append(faults, fmt.Sprintf("%d records are in no bucket", l.Imbalance))
	}
	if l.ScoresInTransit != 0 {
		faults = append(faults, fmt.Sprintf("%d scores were published and not read by JOIN", l.ScoresInTransit))
	}
	if l.LabelsInTransit != 0 {
		faults = append(faults, fmt.Sprintf("%d labels were read and have not reached their partition", l.LabelsInTransit))
	}
	return faults
}
