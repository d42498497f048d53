package schemas

// Kind says what became of a score. The zero value stands on records that
// only tell the fate of a label.
type Kind uint8

// The kinds of outcome.
const (
	NoKind     Kind = iota
	Matched         // joined to a label
	Assumed         // no label by the horizon; the configured class was assumed
	Unlabelled      // no label by the horizon
	Repeated        // the event id had been scored before; the first score stands ("duplicate")
)

// Fate says what became of a label. The zero value stands on outcomes that no
// label caused.
type Fate uint8

// The fates of a label.
const (
	NoFate       Fate = iota
	Used              // the first label of its score
	SameAgain         // repeats the truth that stands ("duplicate")
	Revision          // changed the truth that stood
	Conflict          // differs, and loses by the policy
	Orphan            // no score with its id within `early`
	TooLate           // after horizon and grace
	DeadLettered      // could not be read; counted, never on an Outcome
)

// Outcome is a score with its label, or its final fate without one, or the
// fate of a label. Readers keep the highest Revision of each event id.
type Outcome struct {
	EventID         string
	Kind            Kind
	Fate            Fate
	Revision        int32   // of the score's outcome, from 1; 0 where Kind is NoKind
	Tick            Instant // the tick at which it was decided
	ScorePartition  int32   // -1 where there is no score
	ScoreOffset     int64
	SourcePartition int32 // of the event; -1 where there is no score
	SourceOffset    int64
	LabelTopic      string // "" where there is no label
	LabelPartition  int32
	LabelOffset     int64
	Model           string
	Version         string
	Role            string // champion
	Value           float64
	Prediction      string
	Positive        string
	Truth           string
	PreviousTruth   string
	EventTime       Instant
	LabelTime       Instant // Beginning where there is no label
	Arrival         Instant // of the contribution: the later of the score's and the label's
	Segments        []Segment
	Bins            []byte
	Challengers     []Answer
	Extra           Extra // what the weight of the label with Truth adds beyond 1
}
