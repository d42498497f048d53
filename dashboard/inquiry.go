package dashboard

import (
	"context"
	"net/http"
	"time"
)

// Fact is one record about an event, in words.
type Fact struct {
	At        string `json:"at"`   // stream time, RFC 3339
	What      string `json:"what"` // event, score, label, outcome, fate, dead_letter or ahead
	Text      string `json:"text"`
	Topic     string `json:"topic"` // "": no record of its own
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
}

// Story is all that is known of one event id; without Facts nothing is.
type Story struct {
	ID       string `json:"id"`
	Standing string `json:"standing"` // how it stands now, in one sentence
	Facts    []Fact `json:"facts"`    // in order of stream time
}

// Sample is one record of a bucket of the ledger.
type Sample struct {
	ID  string `json:"id"` // "" where it could not be read
	At  string `json:"at"` // stream time, RFC 3339
	Why string `json:"why,omitempty"`
}

// Samples are the latest records of each bucket, by the names that Sum.Parts has.
type Samples struct {
	Sums  map[string]map[string][]Sample `json:"sums"`  // by the name of the sum and of the part
	Whole bool                           `json:"whole"` // false: older records were not looked at
}

// Inquiry answers what a Snapshot does not hold, from the topics. Both may take
// seconds; they are asked one at a time.
type Inquiry struct {
	Story   func(ctx context.Context, id string) (Story, error)
	Samples func(ctx context.Context) (Samples, error)
}

// How long an inquiry may take, and how long an id may be.
const (
	inquiryTime = 60 * time.Second
	maxID       = 4 << 10
)

// inquiries lets one inquiry at a time read the topics.
type inquiries struct {
	ask  *Inquiry
	busy chan struct{}
}

// story tells all about ?id=.
func (q inquiries) story(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	if id == "" || len(id) > maxID {
		writeError(w, http.StatusBadRequest, `id: want the id of an event, as in "id=4711"`)
		return
	}
	q.serve(w, r, func(ctx context.Context) (any, error) {
		s, err := q.ask.Story(ctx, id)
		if s.Facts == nil {
			s.Facts = []Fact{}
		}
		return s, err
	})
}

func (q inquiries) samples(w http.ResponseWriter, r *http.Request) {
	q.serve(w, r, func(ctx context.Context) (any, error) { return q.ask.Samples(ctx) })
}

func (q inquiries) serve(w http.ResponseWriter, r *http.Request, answer func(context.Context) (any, error)) {
	if q.ask == nil {
		writeError(w, http.StatusNotFound, "this process has no topics to ask")
		return
	}
	select {
	case q.busy <- struct{}{}:
		defer func() { <-q.busy }()
	default:
		w.Header().Set("Retry-After", "1")
		writeError(w, http.StatusServiceUnavailable, "another inquiry is reading the topics: ask again in a moment")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), inquiryTime)
	defer cancel()
	v, err := answer(ctx)
	if err != nil {
		writeError(w, http.StatusBadGateway, err.Error())
		return
	}
	serveJSON(w, r, v)
}
