package app

import (
	"testing"

	"hindsight/app/config"
)

// A process logs its settings and dies before it reads them back; the next one
// comes with others. It must not take the first for its own, close ticks by
// them, and then find that its own are to hold from before those ticks.
func TestSettingsOfTheProcessBefore(t *testing.T) {
	for schedule := range uint64(60) {
		settingsOfTheProcessBefore(t, schedule)
	}
}

func settingsOfTheProcessBefore(t *testing.T, schedule uint64) {
	t.Helper()
	c := &coreCase{Events: 1, Labels: 1, Scores: 1, Calm: true, Conflicts: []string{config.Latest, config.First}, Horizons: []int{4, 4}}
	for i := range 6 {
		c.Inputs = append(c.Inputs, coreInput{Label: i%2 == 1, At: 60 * i, Time: 60*i - 30, Stamp: 60 * i, ID: "a"})
	}
	k := newCore()
	w, err := newCoreWorld(t.Context(), c, schedule, k.metrics, k.met)
	if err != nil {
		t.Fatal(err)
	}
	m := w.members[w.owner[0]]
	turn := func() {
		t.Helper()
		if err := m.step(); err != nil {
			t.Fatal(err)
		}
	}
	for m.txn == nil {
		turn()
	}
	turn()
	w.broker.settleAll(w.d)
	if n := w.broker.log("labels-rerouted", 0).end(); n != 2 {
		t.Fatalf("%d entries of labels-rerouted, want the settings and their marker", n)
	}
	if m.stage.parts[0].rerouted != 0 {
		t.Fatal("they were read back: the test is about nothing")
	}
	w.version++
	if err := m.begin(); err != nil {
		t.Fatal(err)
	}
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.check(); err != nil {
		t.Fatal(err)
	}
	if k.met.settings != 1 {
		t.Errorf("settings changed %d times, want once", k.met.settings)
	}
}
