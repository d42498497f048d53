package app

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/schemas"
)

// judgements keeps what WATCH published: the last revision of each window, and
// every change of an alarm once.
type judgements struct {
	windows map[windowID]schemas.Window
	alarms  []schemas.Alarm
	seen    map[alarmChange]bool
}

type windowID struct {
	model, name, version, segment string
	start                         schemas.Instant
}

type alarmChange struct {
	id    string
	state schemas.AlarmState
	at    schemas.Instant
}

func newJudgements() *judgements {
	return &judgements{windows: map[windowID]schemas.Window{}, seen: map[alarmChange]bool{}}
}

// read takes one record of the topics windows or alarms.
func (j *judgements) read(topics config.Topics, r *kgo.Record) error {
	var fault error
	switch r.Topic {
	case topics.Windows:
		var w schemas.Window
		if fault = decodeOwn(r, schemas.WindowRecord, w.DecodeAvro); fault == nil {
			j.window(w)
		}
	case topics.Alarms:
		var a schemas.Alarm
		if fault = decodeOwn(r, schemas.AlarmRecord, a.DecodeAvro); fault == nil {
			j.alarm(a)
		}
	}
	return fault
}

func decodeOwn(r *kgo.Record, kind schemas.RecordKind, decode func([]byte) error) error {
	payload, err := schemas.OwnPayload(r.Value, kind)
	if err == nil {
		err = decode(payload)
	}
	if err != nil {
		return fmt.Errorf("%s/%d offset %d is not a %s of hindsight: %w", r.Topic, r.Partition, r.Offset, kind, err)
	}
	return nil
}

func (j *judgements) window(w schemas.Window) {
	id := windowID{w.Model, w.Name, w.Version, w.Segment, w.Start}
	if old, ok := j.windows[id]; ok && old.Revision > w.Revision {
		return
	}
	j.windows[id] = w
}

func (j *judgements) alarm(a schemas.Alarm) {
	change := alarmChange{a.ID, a.State, a.At}
	if j.seen[change] {
		return
	}
	j.seen[change] = true
	j.alarms = append(j.alarms, a)
}

// sorted returns the windows by name, start, version and segment, and the
// changes of alarms by time.
func (j *judgements) sorted() ([]schemas.Window, []schemas.Alarm) {
	windows := make([]schemas.Window, 0, len(j.windows))
	for _, w := range j.windows {
		windows = append(windows, w)
	}
	slices.SortFunc(windows, func(a, b schemas.Window) int {
		return cmp.Or(cmp.Compare(a.Model, b.Model), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Start, b.Start),
			cmp.Compare(a.Version, b.Version), cmp.Compare(a.Segment, b.Segment))
	})
	alarms := slices.Clone(j.alarms)
	slices.SortStableFunc(alarms, func(a, b schemas.Alarm) int { return cmp.Compare(a.At, b.At) })
	return windows, alarms
}
