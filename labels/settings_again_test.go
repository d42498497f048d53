package labels

import (
	"testing"
	"time"

	"hindsight/labels/store"
	"hindsight/schemas"
)

// After an abort the same settings may be logged a second time, and be read
// when ticks have closed by the first.
func TestSettingsLoggedTwiceChangeNothing(t *testing.T) {
	s := store.NewMemory()
	j, err := Open(0, 1, s, Config{EventsTopic: "events", EventWidth: time.Minute, LabelWidth: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	settings := Settings{From: schemas.Beginning, Tick: time.Minute, Horizon: time.Hour, Early: time.Hour, Conflict: Latest}
	b := s.Begin()
	if err := j.AddSettings(b, settings, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Close(b, schemas.Instant(10*time.Minute.Microseconds()), silence{}); err != nil {
		t.Fatal(err)
	}
	if err := j.AddSettings(b, settings, 2); err != nil {
		t.Errorf("the same settings again: %v", err)
	}
	settings.Horizon *= 2
	if err := j.AddSettings(b, settings, 4); err == nil {
		t.Error("other settings were let into time that is closed")
	}
}
