package demo

import (
	"fmt"
	"iter"
	"time"

	"hindsight/app/publish"
	"hindsight/schemas"
)

// Badness says what is wrong with a planted event.
type Badness uint8

// The ways of a planted event to be bad; each is planted twice.
const (
	NotFramed     Badness = iota // neither magic byte nor schema id
	UnknownSchema                // a schema id that the registry does not have
	CutShort                     // ends inside the datum
	NoID                         // the event id is empty
	FromTheFuture                // the event time is years ahead of the clock
	howMany
)

// String names the badness.
func (b Badness) String() string {
	names := []string{"not framed", "unknown schema", "cut short", "no id", "from the future"}
	if int(b) < len(names) {
		return names[b]
	}
	return fmt.Sprintf("badness(%d)", b)
}

// BadEvent is a planted event that cannot be scored.
type BadEvent struct {
	At      schemas.Instant // the record's timestamp
	Key     string          // which is its event id too, where it has one
	Badness Badness
}

// badEvents spreads them evenly, each right after a loan.
func badEvents(loans []Loan) []BadEvent {
	const n = 2 * int(howMany)
	var bad []BadEvent
	for i := range n {
		near := loans[(2*i+1)*len(loans)/(2*n)]
		bad = append(bad, BadEvent{
			At:      near.At.Add(time.Second),
			Key:     fmt.Sprintf("bad-%s-%d", near.ID, i),
			Badness: Badness(i % int(howMany)),
		})
	}
	return bad
}

func (w *World) badItems(enc *publish.Encoder) iter.Seq2[publish.Item, error] {
	return func(yield func(publish.Item, error) bool) {
		for _, bad := range w.Bad {
			value, err := bad.value(enc)
			if !yield(publish.Item{At: bad.At, Topic: Events, Partition: -1, Key: []byte(bad.Key), Value: value}, err) {
				return
			}
		}
	}
}

func (b BadEvent) value(enc *publish.Encoder) ([]byte, error) {
	loan := map[string]any{
		"event_id": b.Key, "event_time": int64(b.At) / 1000,
		"car_value": 20_000.0, "salary_range": "0 - 20K €", "debt_to_income_ratio": 0.5, "loan_length": int32(12),
		"repaid_loan_on_prev_car": true, "size_of_downpayment": "10%", "driver_tenure": 4.0,
	}
	switch b.Badness {
	case NotFramed:
		return []byte(`{"event_id": "` + b.Key + `"}`), nil
	case NoID:
		loan["event_id"] = ""
	case FromTheFuture:
		loan["event_time"] = int64(b.At.Add(100*365*day)) / 1000
	}
	value, err := enc.Append(nil, loan)
	if err != nil {
		return nil, err
	}
	switch b.Badness {
	case UnknownSchema:
		copy(value[1:5], []byte{0x7f, 0xff, 0xff, 0xff})
	case CutShort:
		value = value[:len(value)/2]
	}
	return value, nil
}
