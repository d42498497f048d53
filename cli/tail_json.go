package cli

import (
	"encoding/json"
	"io"
	"math"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/schemas"
)

// writeLine writes v as one line of JSON.
func writeLine(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// stamp is an instant in JSON: RFC 3339 in UTC, null where there is none.
type stamp schemas.Instant

// MarshalJSON writes a string, or null for the two ends of time.
func (s stamp) MarshalJSON() ([]byte, error) {
	switch i := schemas.Instant(s); i {
	case schemas.Beginning, schemas.Forever:
		return []byte("null"), nil
	default:
		return json.Marshal(i.String())
	}
}

// figure is a number in JSON, null where it is none.
type figure float64

// MarshalJSON writes a number, or null for NaN and the infinities.
func (f figure) MarshalJSON() ([]byte, error) {
	if x := float64(f); math.IsNaN(x) || math.IsInf(x, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(f))
}

func figures(values []float64) []figure {
	out := make([]figure, len(values))
	for i, v := range values {
		out[i] = figure(v)
	}
	return out
}

// position is where a record lies, in every line of JSON.
type position struct {
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
	Timestamp string `json:"timestamp"` // of the record: wall clock
}

func positionOf(r *kgo.Record) position {
	return position{r.Partition, r.Offset, r.Timestamp.UTC().Format(time.RFC3339Nano)}
}

// place is a position in another topic.
type place struct {
	Topic     string `json:"topic,omitempty"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
}

// answer is what a challenger said.
type answer struct {
	Model         string   `json:"model"`
	Version       string   `json:"version"`
	Value         figure   `json:"value"`
	Probabilities []figure `json:"probabilities"`
	Prediction    string   `json:"prediction"`
}

func answers(from []schemas.Answer) []answer {
	out := make([]answer, len(from))
	for i, a := range from {
		out[i] = answer{a.Model, a.Version, figure(a.Value), figures(a.Probabilities), a.Prediction}
	}
	return out
}

func segments(from []schemas.Segment) map[string]string {
	out := map[string]string{}
	for _, s := range from {
		out[s.Field] = s.Value
	}
	return out
}
