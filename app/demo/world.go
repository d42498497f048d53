package demo

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"hindsight/app/publish"
	"hindsight/schemas"
)

// Options choose a world.
type Options struct {
	Seed      uint64
	Loans     int  // how many of the 100,000, the first ones; 0: all
	BadEvents bool // plant events that cannot be scored
}

// World is everything that will be published, known in advance, so that a test
// can say what ought to come out.
type World struct {
	Loans  []Loan        // in order of time
	Labels []Publication // in order of publication
	Bad    []BadEvent    // in order of time; beside the loans, not in place of them
}

// NewWorld reads the embedded loans and draws the schedule of their labels.
func NewWorld(o Options) (*World, error) {
	loans, err := readLoans(o.Loans)
	if err != nil {
		return nil, err
	}
	w := &World{Loans: loans, Labels: schedule(o.Seed, loans)}
	if o.BadEvents {
		w.Bad = badEvents(loans)
	}
	return w, nil
}

// decision is what the schedule needs of a row.
const decision = `{"type": "record", "name": "Decision", "fields": [
	{"name": "id", "type": "string"},
	{"name": "timestamp", "type": {"type": "long", "logicalType": "timestamp-millis"}},
	{"name": "repaid", "type": "boolean"}]}`

func readLoans(most int) ([]Loan, error) {
	schema, err := publish.ParseSchema([]byte(decision))
	if err != nil {
		return nil, err
	}
	rows, err := OpenLoans(schema)
	if err != nil {
		return nil, err
	}
	var loans []Loan
	for most == 0 || len(loans) < most {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		loans = append(loans, Loan{
			ID:     row.Value["id"].(string),
			At:     schemas.InstantOfMillis(row.Value["timestamp"].(int64)),
			Repaid: row.Value["repaid"].(bool),
		})
	}
	if len(loans) == 0 {
		return nil, errors.New("car_loan.csv.gz: holds no loans")
	}
	return loans, nil
}

// Start returns the time of the first loan.
func (w *World) Start() schemas.Instant { return w.Loans[0].At }

// End returns the time of the last record.
func (w *World) End() schemas.Instant {
	end := w.Loans[len(w.Loans)-1].At
	if n := len(w.Labels); n > 0 {
		end = max(end, w.Labels[n-1].At)
	}
	return end
}

// Schedule returns the labels of each loan, and of the strays, by event id, in
// the order of their publication.
func (w *World) Schedule() map[string][]Publication {
	byID := make(map[string][]Publication, len(w.Loans))
	for _, p := range w.Labels {
		byID[p.EventID] = append(byID[p.EventID], p)
	}
	return byID
}

// Items yields all records in the order of their times; at one time events
// come before labels.
func (w *World) Items(events, labels *publish.Encoder) iter.Seq2[publish.Item, error] {
	return merge(merge(w.eventItems(events), w.badItems(events)), w.labelItems(labels))
}

func (w *World) eventItems(enc *publish.Encoder) iter.Seq2[publish.Item, error] {
	return func(yield func(publish.Item, error) bool) {
		rows, err := OpenLoans(enc.Schema())
		var layout publish.Layout
		if err == nil {
			layout, err = layoutOf(Events, "event_time", enc)
		}
		if err != nil {
			yield(publish.Item{}, err)
			return
		}
		n := 0
		for item, err := range publish.Items(rows, enc, layout) {
			if n++; n > len(w.Loans) {
				return
			}
			if !yield(item, err) {
				return
			}
		}
	}
}

func (w *World) labelItems(enc *publish.Encoder) iter.Seq2[publish.Item, error] {
	return func(yield func(publish.Item, error) bool) {
		layout, err := layoutOf(Labels, "label_time", enc)
		if err != nil {
			yield(publish.Item{}, err)
			return
		}
		n := 0
		for item, err := range publish.Items(&repayments{labels: w.Labels}, enc, layout) {
			if err == nil {
				item.Partition = w.Labels[n].Partition
				n++
			}
			if !yield(item, err) {
				return
			}
		}
	}
}

func layoutOf(topic, timeField string, enc *publish.Encoder) (publish.Layout, error) {
	key, err := enc.Schema().Path("event_id")
	if err != nil {
		return publish.Layout{}, fmt.Errorf("topic %s: %w", topic, err)
	}
	at, err := enc.Schema().Path(timeField)
	if err != nil {
		return publish.Layout{}, fmt.Errorf("topic %s: %w", topic, err)
	}
	return publish.Layout{Topic: topic, Name: topic, Key: key, Time: &at}, nil
}

// repayments yields the schedule as rows.
type repayments struct {
	labels []Publication
	n      int64
}

func (r *repayments) Next() (publish.Row, error) {
	if r.n == int64(len(r.labels)) {
		return publish.Row{}, io.EOF
	}
	p := r.labels[r.n]
	r.n++
	return publish.Row{Line: r.n, Value: map[string]any{
		"event_id":   p.EventID,
		"repaid":     p.Repaid,
		"label_time": int64(p.At) / 1000,
	}}, nil
}

// merge yields the items of both in the order of their times; those of a come
// first where times are equal.
func merge(a, b iter.Seq2[publish.Item, error]) iter.Seq2[publish.Item, error] {
	return func(yield func(publish.Item, error) bool) {
		next, stop := iter.Pull2(b)
		defer stop()
		held, heldErr, more := next()
		for item, err := range a {
			for more && (heldErr != nil || err == nil && held.At < item.At) {
				if !yield(held, heldErr) || heldErr != nil {
					return
				}
				held, heldErr, more = next()
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
		for ; more; held, heldErr, more = next() {
			if !yield(held, heldErr) || heldErr != nil {
				return
			}
		}
	}
}
