package schemas

// Score is what the model said of one event. Downstream readers look at the
// top-level fields; challengers' answers ride along.
type Score struct {
	EventID         string
	EventTime       Instant
	Arrival         Instant // the source's clock when it stood at the event
	SourcePartition int32   // partition of the events topic
	SourceOffset    int64
	ScoredAt        Instant // wall clock
	Model           string
	Version         string
	Value           float64   // probability of Positive, or the regression value
	Probabilities   []float64 // one per class where there are more than two, else empty
	Prediction      string    // decided class in canonical text, "" for a regression
	Positive        string    // the class whose probability Value is, "" where there is none
	Segments        []Segment
	Bins            []byte // one reference bin per feature, empty where the bundle has no reference
	Challengers     []Answer
}

// Segment is one field by whose values metrics are kept apart.
type Segment struct{ Field, Value string }

// Answer is what a version that is not the champion said of the same event.
type Answer struct {
	Model         string
	Version       string
	Value         float64
	Probabilities []float64
	Prediction    string
}

// Label is the ground truth for one event, in the schema that publish and the
// demo use. Users' labels may have any Avro schema.
type Label struct {
	EventID   string
	Truth     string
	LabelTime Instant
}
