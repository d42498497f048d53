package schemas

import (
	_ "embed" // the .avsc files
	"fmt"
	"sync"
)

// RecordKind names one of our own records.
type RecordKind uint8

// Our own records.
const (
	ScoreRecord RecordKind = iota
	LabelRecord
	OutcomeRecord
	SliceRecord
	WindowRecord
	AlarmRecord
	WatchStateRecord
	ModelStateRecord
	recordKinds // how many there are
)

// RecordKinds returns all of them, in order.
func RecordKinds() []RecordKind {
	kinds := make([]RecordKind, recordKinds)
	for i := range kinds {
		kinds[i] = RecordKind(i)
	}
	return kinds
}

//go:embed score.avsc
var scoreSchema string

//go:embed label.avsc
var labelSchema string

//go:embed outcome.avsc
var outcomeSchema string

//go:embed slice.avsc
var sliceSchema string

//go:embed window.avsc
var windowSchema string

//go:embed alarm.avsc
var alarmSchema string

//go:embed watch_state.avsc
var watchStateSchema string

//go:embed model_state.avsc
var modelStateSchema string

// String returns the name of the record's .avsc file without the extension.
func (k RecordKind) String() string {
	switch k {
	case ScoreRecord:
		return "score"
	case LabelRecord:
		return "label"
	case OutcomeRecord:
		return "outcome"
	case SliceRecord:
		return "slice"
	case WindowRecord:
		return "window"
	case AlarmRecord:
		return "alarm"
	case WatchStateRecord:
		return "watch_state"
	case ModelStateRecord:
		return "model_state"
	}
	return fmt.Sprintf("record(%d)", uint8(k))
}

// Schema returns the record's Avro schema as it is to be registered, "" for a
// value that is none of the constants.
func (k RecordKind) Schema() string {
	switch k {
	case ScoreRecord:
		return scoreSchema
	case LabelRecord:
		return labelSchema
	case OutcomeRecord:
		return outcomeSchema
	case SliceRecord:
		return sliceSchema
	case WindowRecord:
		return windowSchema
	case AlarmRecord:
		return alarmSchema
	case WatchStateRecord:
		return watchStateSchema
	case ModelStateRecord:
		return modelStateSchema
	}
	return ""
}

// ownFingerprints are computed once, on first use.
var ownFingerprints = sync.OnceValue(func() (prints [recordKinds]uint64) {
	for _, k := range RecordKinds() {
		fp, err := Fingerprint(k.Schema())
		if err != nil {
			panic(fmt.Sprintf("BUG: embedded schema %s.avsc: %v", k, err))
		}
		prints[k] = fp
	}
	return prints
})

// Fingerprint returns the CRC-64-AVRO of the record's schema, 0 for a value
// that is none of the constants.
func (k RecordKind) Fingerprint() uint64 {
	if k >= recordKinds {
		return 0
	}
	return ownFingerprints()[k]
}
