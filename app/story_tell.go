package app

import (
	"fmt"
	"slices"
	"strings"

	"hindsight/app/config"
	"hindsight/labels"
	"hindsight/schemas"
)

// The order of facts of one instant.
const (
	factEvent = iota
	factScore
	factLabel
	factDecision
	factDeadLetter
	factAhead
)

// tell puts what was found into words.
func (f *storyRecords) tell() *Story {
	s := &Story{ID: f.id, Scores: []schemas.Score{}, Outcomes: []schemas.Outcome{}}
	for _, e := range f.events {
		s.add(e.stamp, factEvent, "event", e.place.topic, e.place.partition, e.at, "the event was published")
	}
	for _, x := range f.scores {
		s.Scores = append(s.Scores, x.Score)
		s.add(x.Arrival, factScore, "score", x.place.topic, x.place.partition, x.at, "%s", scoreWords(&x.Score))
	}
	seen := map[string]bool{}
	for _, o := range f.outcomes {
		told := fmt.Sprint(o.Kind, o.Revision, o.Fate, o.LabelTopic, o.LabelPartition, o.LabelOffset, o.ScoreOffset)
		if seen[told] { // published again after a crash, at least once
			continue
		}
		seen[told] = true
		s.Outcomes = append(s.Outcomes, o.Outcome)
		f.tellOutcome(s, &o.Outcome, o.at)
	}
	for _, d := range f.letters {
		s.add(d.stamp, factDeadLetter, "dead_letter", d.place.topic, d.place.partition, d.at,
			"%s/%d@%d was set aside by %s at %v: %s: %s", d.from.topic, d.from.partition, d.offset, strings.ToUpper(d.stage), d.written, d.class, d.message)
	}
	f.tellLabels(s)
	f.tellAhead(s)
	s.sort()
	s.Standing = f.standing()
	return s
}

func scoreWords(x *schemas.Score) string {
	text := fmt.Sprintf("%s@%s said %.4g", x.Model, x.Version, x.Value)
	if x.Prediction != "" {
		text += fmt.Sprintf(", which is class %q", x.Prediction)
	}
	text += fmt.Sprintf(", of the event of %v", x.EventTime)
	if x.SourcePartition < 0 {
		text += ", in a score that another program wrote"
	} else {
		text += fmt.Sprintf(" at partition %d, offset %d", x.SourcePartition, x.SourceOffset)
	}
	if x.ScoredAt > schemas.Beginning {
		text += fmt.Sprintf("; scored at %v", x.ScoredAt)
	}
	for _, seg := range x.Segments {
		text += fmt.Sprintf(", %s=%s", seg.Field, seg.Value)
	}
	return text
}

// rulesAt returns the settings in force at a tick, nil where they are gone.
func (f *storyRecords) rulesAt(tick schemas.Instant) *labels.Settings {
	for i := len(f.rules) - 1; i >= 0; i-- {
		if f.rules[i].From < tick {
			return &f.rules[i]
		}
	}
	return nil
}

func (f *storyRecords) tellOutcome(s *Story, o *schemas.Outcome, at int64) {
	what := "outcome"
	if o.Kind == schemas.NoKind {
		what = "fate"
	}
	s.add(o.Tick, factDecision, what, f.topic, f.partition, at, "%s", f.decisionWords(o))
}

// decisionWords says what was decided, and why.
func (f *storyRecords) decisionWords(o *schemas.Outcome) string {
	label := fmt.Sprintf("label %q of %v at %s/%d@%d", o.Truth, o.LabelTime, o.LabelTopic, o.LabelPartition, o.LabelOffset)
	rules := f.rulesOf(o)
	switch o.Fate {
	case schemas.Used:
		text := fmt.Sprintf("matched (revision %d): the %s is used, the first of its score; the model %s", o.Revision, label, verdict(o))
		if o.PreviousTruth != "" {
			text += fmt.Sprintf("; it replaces the truth %q that was assumed", o.PreviousTruth)
		}
		return text
	case schemas.Revision:
		return fmt.Sprintf("matched (revision %d): the truth was %q and is %q now, since the label of %v at %s/%d@%d%s; the model %s",
			o.Revision, o.PreviousTruth, o.Truth, o.LabelTime, o.LabelTopic, o.LabelPartition, o.LabelOffset, policyWords(rules, "wins"), verdict(o))
	case schemas.SameAgain:
		return fmt.Sprintf("duplicate: the %s says what stands already", label)
	case schemas.Conflict:
		return fmt.Sprintf("conflict: the %s differs from what stands%s", label, policyWords(rules, "loses"))
	case schemas.Orphan:
		text := fmt.Sprintf("orphan: the %s found no score", label)
		if own := f.rulesAt(o.Tick); own != nil {
			text += fmt.Sprintf(" within labels.early (%s) of its arrival at %v", config.FormatDuration(own.Early), o.Arrival)
		}
		return text + ": no event of this id was scored in time; is its id that of the event?"
	case schemas.TooLate:
		text := fmt.Sprintf("too late: the %s arrived at %v", label, o.Arrival)
		event, segments := o.EventTime, o.Segments
		if n := len(f.scores); o.ScorePartition < 0 && n > 0 { // JOIN had let go of it
			event, segments = f.scores[n-1].EventTime, f.scores[n-1].Segments
			rules = f.rulesAt(f.scores[n-1].Arrival + 1)
		}
		if rules == nil || event == schemas.Beginning {
			return text + ", after the horizon and grace of its score"
		}
		horizon := rules.HorizonOf(segments)
		return text + fmt.Sprintf(", after the event time + horizon (%s) + grace (%s), which is %v",
			config.FormatDuration(horizon), config.FormatDuration(rules.Grace), event.Add(horizon).Add(rules.Grace))
	}
	switch o.Kind {
	case schemas.Repeated:
		return "duplicate: an event of this id had been scored before, and that score stands"
	case schemas.Assumed:
		return fmt.Sprintf("assumed (revision %d): no label came%s, so the truth is taken to be %q; the model %s", o.Revision, f.horizonWords(o, rules), o.Truth, verdict(o))
	case schemas.Unlabelled:
		return fmt.Sprintf("unlabelled (revision %d): no label came%s", o.Revision, f.horizonWords(o, rules))
	}
	return fmt.Sprintf("%v (revision %d), truth %q", o.Kind, o.Revision, o.Truth)
}

// rulesOf returns the settings that the score of an outcome lives by: those at
// the tick after its arrival.
func (f *storyRecords) rulesOf(o *schemas.Outcome) *labels.Settings {
	for _, x := range f.scores {
		if x.at == o.ScoreOffset {
			if own := f.rulesAt(x.Arrival + 1); own != nil {
				return own
			}
		}
	}
	return f.rulesAt(o.Tick)
}

func (f *storyRecords) horizonWords(o *schemas.Outcome, rules *labels.Settings) string {
	if rules == nil {
		return " by its horizon"
	}
	horizon := rules.HorizonOf(o.Segments)
	return fmt.Sprintf(" within the horizon (%s after %v: %v)", config.FormatDuration(horizon), o.EventTime, o.EventTime.Add(horizon))
}

func policyWords(rules *labels.Settings, how string) string {
	if rules == nil {
		return ""
	}
	return fmt.Sprintf(" and %s by labels.conflict: %s", how, rules.Conflict)
}

func verdict(o *schemas.Outcome) string {
	switch o.Prediction {
	case "":
		return fmt.Sprintf("said %.4g", o.Value)
	case o.Truth:
		return fmt.Sprintf("said %q: right", o.Prediction)
	}
	return fmt.Sprintf("said %q: wrong", o.Prediction)
}

// tellLabels tells when labels came, and why those without a fate wait.
func (f *storyRecords) tellLabels(s *Story) {
	for _, l := range f.labels {
		via := ""
		if l.Rerouted >= 0 {
			via = fmt.Sprintf("; it lay elsewhere than its score and was forwarded to partition %d", f.partition)
		}
		s.add(l.stamp, factLabel, "label", l.Topic, l.Partition, l.Offset, "a label says %q, known since %v%s", l.Truth, l.LabelTime, via)
		if !f.decided(&l.Label) {
			s.add(f.now(l.stamp), factAhead, "ahead", l.Topic, l.Partition, l.Offset, "%s", f.waitingWords(&l))
		}
	}
}

func (f *storyRecords) decided(l *labels.Label) bool {
	return slices.ContainsFunc(f.outcomes, func(o storyOutcome) bool {
		return o.Fate != schemas.NoFate && o.LabelTopic == l.Topic && o.LabelPartition == l.Partition && o.LabelOffset == l.Offset
	}) || slices.ContainsFunc(f.letters, func(d deadLetter) bool {
		return d.from == sourceID{l.Topic, l.Partition} && d.offset == l.Offset
	})
}

// now is the last closed tick, but not before an instant.
func (f *storyRecords) now(at schemas.Instant) schemas.Instant {
	return max(f.commit.Status.Closed, at)
}

func (f *storyRecords) waitingWords(l *storyLabel) string {
	at := fmt.Sprintf("the label at %s/%d@%d", l.Topic, l.Partition, l.Offset)
	read, closed := f.read[sourceID{l.Topic, l.Partition}], f.commit.Status.Closed
	switch {
	case l.Rerouted < 0 && l.Offset >= read:
		return fmt.Sprintf("%s is not read yet: JOIN has read %s/%d up to offset %d", at, l.Topic, l.Partition, read)
	case closed == schemas.Beginning || closed <= l.Arrival:
		return fmt.Sprintf("%s is read and waits: stream time stands at %v and has not passed its arrival, about %v; `hindsight ledger` and the page say which source holds time", at, closed, l.Arrival)
	case len(f.scores) > 0:
		return fmt.Sprintf("%s is read and waits for the score to be applied: stream time stands at %v", at, closed)
	}
	if rules := f.rulesAt(l.Arrival + 1); rules != nil {
		return fmt.Sprintf("%s waits for an event of this id to be scored, until about %v (arrival + labels.early, %s); then it is an orphan",
			at, l.Arrival.Add(rules.Early), config.FormatDuration(rules.Early))
	}
	return at + " waits for an event of this id to be scored"
}

// last returns the latest outcome of the score at an offset, nil where it is undecided.
func (f *storyRecords) last(offset int64) (last *schemas.Outcome) {
	for i := range f.outcomes {
		if o := &f.outcomes[i].Outcome; o.Kind != schemas.NoKind && o.ScoreOffset == offset {
			last = o
		}
	}
	return last
}

// tellAhead tells what scores that are not decided wait for.
func (f *storyRecords) tellAhead(s *Story) {
	for _, x := range f.scores {
		if f.last(x.at) != nil {
			continue
		}
		text := fmt.Sprintf("the score waits for a label; stream time stands at %v", f.commit.Status.Closed)
		if rules := f.rulesAt(x.Arrival + 1); rules != nil {
			becomes := "unlabelled"
			if rules.Missing != "" {
				becomes = fmt.Sprintf("assumed to be %q", rules.Missing)
			}
			horizon := rules.HorizonOf(x.Segments)
			text += fmt.Sprintf("; at %v (event time + horizon, %s) it becomes %s", x.EventTime.Add(horizon), config.FormatDuration(horizon), becomes)
		}
		s.add(f.now(x.Arrival), factAhead, "ahead", x.place.topic, x.place.partition, x.at, "%s", text)
	}
}

// standing says in one sentence how things are.
func (f *storyRecords) standing() string {
	var parts []string
	for _, x := range f.scores {
		switch o := f.last(x.at); {
		case o == nil:
			parts = append(parts, "the score is pending")
		case o.Kind == schemas.Matched || o.Kind == schemas.Assumed:
			parts = append(parts, fmt.Sprintf("the score is %v (revision %d): truth %q, the model %s", o.Kind, o.Revision, o.Truth, verdict(o)))
		case o.Kind == schemas.Repeated:
			parts = append(parts, fmt.Sprintf("the score at offset %d is a duplicate", x.at))
		default:
			parts = append(parts, fmt.Sprintf("the score is %v", o.Kind))
		}
	}
	waiting := 0
	for _, l := range f.labels {
		if !f.decided(&l.Label) {
			waiting++
		}
	}
	fates := map[schemas.Fate]int{}
	for _, o := range f.outcomes {
		fates[o.Fate]++
	}
	for _, fate := range []schemas.Fate{schemas.Used, schemas.SameAgain, schemas.Revision, schemas.Conflict, schemas.Orphan, schemas.TooLate} {
		if n := fates[fate]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s %s", n, plural(n, "label"), strings.ReplaceAll(fate.String(), "_", " ")))
		}
	}
	if waiting > 0 {
		parts = append(parts, fmt.Sprintf("%d %s waiting", waiting, plural(waiting, "label")))
	}
	if n := len(f.letters); n > 0 {
		parts = append(parts, fmt.Sprintf("%d %s", n, plural(n, "dead letter")))
	}
	if len(parts) > 0 && len(f.scores) == 0 {
		parts = append([]string{"no event of this id was scored, as far as the topics reach"}, parts...)
	}
	return strings.Join(parts, "; ")
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
