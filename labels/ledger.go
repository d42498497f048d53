package labels

import "hindsight/schemas"

// Ledger counts where every score and label of a partition is. Scores are
// counted by their latest outcome.
type Ledger struct {
	Scores     int64 `json:"scores"`
	Matched    int64 `json:"matched"`
	Assumed    int64 `json:"assumed"`
	Unlabelled int64 `json:"unlabelled"`
	Repeated   int64 `json:"repeated"` // "duplicate": the id had been scored before
	Pending    int64 `json:"pending"`  // undecided

	Labels    int64 `json:"labels"`
	Used      int64 `json:"used"`
	SameAgain int64 `json:"same_again"` // "duplicate": says what stands
	Revision  int64 `json:"revision"`
	Conflict  int64 `json:"conflict"`
	Orphan    int64 `json:"orphan"`
	TooLate   int64 `json:"too_late"`
	Waiting   int64 `json:"waiting"` // not applied, or without a score
}

// Imbalance returns how many scores and labels are unaccounted for: by the law
// of conservation, none at any time.
func (l *Ledger) Imbalance() (scores, labels int64) {
	return l.Scores - l.Matched - l.Assumed - l.Unlabelled - l.Repeated - l.Pending,
		l.Labels - l.Used - l.SameAgain - l.Revision - l.Conflict - l.Orphan - l.TooLate - l.Waiting
}

// scores returns the bucket of a kind of outcome; that of NoKind is Pending.
func (l *Ledger) scores(k schemas.Kind) *int64 {
	switch k {
	case schemas.Matched:
		return &l.Matched
	case schemas.Assumed:
		return &l.Assumed
	case schemas.Unlabelled:
		return &l.Unlabelled
	case schemas.Repeated:
		return &l.Repeated
	}
	return &l.Pending
}

// labels returns the bucket of a fate; that of NoFate is Waiting.
func (l *Ledger) labels(f schemas.Fate) *int64 {
	switch f {
	case schemas.Used:
		return &l.Used
	case schemas.SameAgain:
		return &l.SameAgain
	case schemas.Revision:
		return &l.Revision
	case schemas.Conflict:
		return &l.Conflict
	case schemas.Orphan:
		return &l.Orphan
	case schemas.TooLate:
		return &l.TooLate
	}
	return &l.Waiting
}

func (l *Ledger) moveScore(from, to schemas.Kind) {
	*l.scores(from)--
	*l.scores(to)++
}

func (l *Ledger) moveLabel(to schemas.Fate) {
	l.Waiting--
	*l.labels(to)++
}
