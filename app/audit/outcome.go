package audit

import (
	"hindsight/schemas"
)

// Outcome takes one outcome. Those of ticks that are not closed by the commit
// are under way and left for the next audit.
func (a *Auditor) Outcome(at Position, o *schemas.Outcome) {
	t, c := a.begin(at.Partition), a.joins[at.Partition]
	if c == nil || o.Tick > c.Closed {
		return
	}
	a.placed(at, o.EventID)
	a.seen(at.Partition, o.Tick, schemas.Forever)
	if o.Tick < t.tick && !a.o.AtLeastOnce {
		a.broken(Records, "tick-went-back", o.EventID, at, "decided at %v, after one of %v", o.Tick, t.tick)
	}
	t.tick = max(t.tick, o.Tick)
	if o.Kind != schemas.NoKind && !a.decision(at, t, o) {
		return // at least once: told again
	}
	if o.Fate != schemas.NoFate {
		a.fate(at, t, o)
	}
}

// decision follows a score from one outcome to the next. It reports whether
// the outcome is news.
func (a *Auditor) decision(at Position, t *table, o *schemas.Outcome) bool {
	a.checked(Uniqueness, "outcomes", 1)
	r := t.at(o.ScoreOffset)
	unknown := r == nil || o.ScoreOffset >= t.first && !r.present
	if o.ScorePartition != t.partition || unknown {
		a.broken(Conservation, "outcome-unknown", o.EventID, at, "no score at %s/%d@%d was read by JOIN", a.o.Topics.Scores, o.ScorePartition, o.ScoreOffset)
		return true
	}
	if r.present && !t.same(a, r, o) {
		a.broken(Conservation, "outcome-differs", o.EventID, at, "the outcome does not repeat its score at %s/%d@%d", a.o.Topics.Scores, o.ScorePartition, o.ScoreOffset)
	}
	if o.Revision <= r.revision {
		if !a.o.AtLeastOnce {
			a.broken(Uniqueness, "outcome-twice", o.EventID, at, "revision %d, after revision %d", o.Revision, r.revision)
		}
		return false
	}
	begun := r.revision > 0 || o.ScoreOffset >= t.first && !a.trimmed(a.o.Topics.Outcomes, t.partition)
	switch {
	case !begun:
	case o.Revision != r.revision+1:
		a.broken(Uniqueness, "revision-gap", o.EventID, at, "revision %d, after revision %d", o.Revision, r.revision)
		begun = false
	case t.truth(o.PreviousTruth) != r.truth:
		a.broken(Uniqueness, "truth-chain", o.EventID, at, "the previous truth is %q, which was not the last that stood", o.PreviousTruth)
	case r.kind == schemas.Repeated || o.Kind == schemas.Repeated && r.kind != schemas.NoKind || (o.Kind == schemas.Assumed || o.Kind == schemas.Unlabelled) && r.revision > 0:
		a.broken(Uniqueness, "kind-after-kind", o.EventID, at, "%v cannot follow %v", o.Kind, r.kind)
	}
	t.taken = t.extras[o.ScoreOffset]
	a.sum(t, r, o, begun || o.Revision == 1)
	t.weigh(o)
	if r.kind != schemas.NoKind {
		t.kinds[r.kind]--
	}
	t.kinds[o.Kind]++
	r.kind, r.revision, r.truth = o.Kind, o.Revision, t.truth(o.Truth)
	return true
}

// fate counts what became of a label.
func (a *Auditor) fate(at Position, t *table, o *schemas.Outcome) {
	s := a.source(o.LabelTopic, o.LabelPartition)
	first := s.fated.add(o.LabelOffset)
	if !first && a.o.AtLeastOnce {
		return
	}
	a.checked(Uniqueness, "fates", 1)
	t.fates[o.Fate]++
	a.tally(t.partition, o.Tick).fated(o.Fate, 1)
	decides := o.Fate == schemas.Used || o.Fate == schemas.Revision
	if decides != (o.Kind != schemas.NoKind) || decides && o.Kind != schemas.Matched || o.Fate == schemas.Revision && o.Truth == o.PreviousTruth && o.Extra == t.taken {
		a.broken(Uniqueness, "fate-contradicts", o.EventID, at, "fate %v, kind %v, truth %q, before %q", o.Fate, o.Kind, o.Truth, o.PreviousTruth)
	}
	if o.LabelTopic != a.o.Topics.Labels {
		a.note("outcomes name labels of %s, which is not configured: they were passed over", o.LabelTopic)
		return
	}
	if !first {
		a.broken(Uniqueness, "label-two-fates", o.EventID, at, "%s/%d@%d has a second fate: %v", o.LabelTopic, o.LabelPartition, o.LabelOffset, o.Fate)
		return
	}
	if s.rerouted.has(o.LabelOffset) {
		t.routed++
	}
}

// ledger compares the committed ledger with the records.
func (a *Auditor) ledger(t *table, c *JoinCommit) {
	names, l := a.o.Topics, c.Ledger
	at := Position{names.Scores, t.partition, -1}
	for what, n := range map[string]int64{"scores": l.Scores, "scores pending": l.Pending, "labels joined": l.Labels, "labels waiting": l.Waiting} {
		a.checked(Conservation, what, n)
	}
	whole := !a.trimmed(names.Outcomes, t.partition)
	compare := func(law Law, rule, what string, said, found int64, whole bool) {
		if said < found || whole && said != found {
			a.broken(law, rule, "", at, "the ledger says %d %s, the topics hold %d", said, what, found)
		}
	}
	for kind, said := range map[schemas.Kind]int64{
		schemas.Matched: l.Matched, schemas.Assumed: l.Assumed, schemas.Unlabelled: l.Unlabelled, schemas.Repeated: l.Repeated,
	} {
		compare(Conservation, "ledger-outcomes", "scores that are "+kind.String(), said, t.kinds[kind], whole)
	}
	for fate, said := range map[schemas.Fate]int64{
		schemas.Used: l.Used, schemas.SameAgain: l.SameAgain, schemas.Revision: l.Revision, schemas.Conflict: l.Conflict,
		schemas.Orphan: l.Orphan, schemas.TooLate: l.TooLate,
	} {
		compare(Conservation, "ledger-fates", "labels that are "+fate.String(), said, t.fates[fate], whole)
	}
	compare(Conservation, "ledger-scores", "scores", l.Scores, t.scores, !a.trimmed(names.Scores, t.partition))

	lying, fated := a.lying(t.partition)
	routed := a.route(t.partition).labels
	inputs := !a.trimmed(names.Labels, t.partition) && a.whole(names.Rerouted) && a.whole(names.DeadLetters)
	if !a.inPlace() {
		inputs = !a.trimmed(names.Rerouted, t.partition)
	}
	if inputs {
		compare(Conservation, "ledger-labels", "labels", l.Labels, lying+routed, true)
	}
	if inputs && whole {
		if waiting := lying - fated + routed - t.routed; waiting != l.Waiting {
			a.broken(Conservation, "label-lost", "", at, "%d labels were joined and have no fate, the ledger says that %d wait", waiting, l.Waiting)
		}
	}
}

// lying counts the labels below the commit that lie on the partition of their
// score, and those of them that have a fate.
func (a *Auditor) lying(partition int32) (labels, fated int64) {
	if !a.inPlace() {
		return 0, 0
	}
	s := a.source(a.o.Topics.Labels, partition)
	x := a.extent(a.o.Topics.Labels, partition)
	each(x.First, min(s.commit.Offset, x.End), func(at int64, mask uint64) {
		word := s.exists.word(at) &^ s.unread.word(at) &^ s.dead.word(at) &^ s.rerouted.word(at) & mask
		list(at, word, func(offset int64) {
			labels++
			if s.fated.has(offset) {
				fated++
			}
		})
	})
	return labels, fated
}
