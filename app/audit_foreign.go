package app

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/schemas"
)

// auditSource is one partition of somebody else's scores as an audit reads it:
// what was committed of it, and how far its clock has come.
type auditSource struct {
	foreignSource
	clock schemas.Instant
}

// foreign reads a score of another program as JOIN read it: nothing that became
// a dead letter, and with the clock of the partition as its arrival. One that
// cannot be read and has no dead letter is for the auditor to miss.
func (r *auditReader) foreign(rec *kgo.Record) error {
	src := r.sources[rec.Partition]
	if src == nil {
		src = &auditSource{clock: schemas.Beginning}
		src.committed = newSourceCommit()
		src.committed.Clock = r.auditor.Clock(rec.Topic, rec.Partition)
		r.sources[rec.Partition] = src
	}
	if r.auditor.SetAside(position(rec)) {
		return nil
	}
	score, err := src.again(context.Background(), r.scores, rec, int32(len(r.extents[rec.Topic])), &src.clock)
	if err == nil && score != nil {
		r.auditor.Score(position(rec), score)
	}
	return err
}
