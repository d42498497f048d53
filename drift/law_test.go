package drift

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hindsight/schemas"
)

// What is emitted depends on the ticks of the partitions alone: not on how they
// lie among one another, are cut into parts, repeated, or judged in groups.
func TestGroupingLeavesNoTrace(t *testing.T) {
	for seed := range uint64(8) {
		w := newWorld(seed)
		first, want := w.run(t, w.topic(random(seed, 0)), random(seed, 1))
		for try := range uint64(4) {
			watch, got := w.run(t, w.topic(random(seed, 10+try)), random(seed, 20+try))
			same(t, fmt.Sprintf("world %d, try %d", seed, try), got.lines, want.lines)
			if diff := cmp.Diff(first.Memory(), watch.Memory()); diff != "" {
				t.Errorf("world %d, try %d: memory\n%s", seed, try, diff)
			}
			if diff := cmp.Diff(first.Lost(), watch.Lost()); diff != "" {
				t.Errorf("world %d, try %d: lost\n%s", seed, try, diff)
			}
		}
	}
}

// A watcher that dies anywhere and is folded again from its floor and its
// memory goes on as if nothing had been.
func TestRestartLeavesNoTrace(t *testing.T) {
	restarts := 0
	for seed := range uint64(8) {
		w := newWorld(seed)
		log := w.topic(random(seed, 0))
		_, want := w.run(t, log, random(seed, 1))
		dice := random(seed, 2)
		watch, out := mustWatch(t, w.config), &collector{}
		for offset := range log {
			mustAdd(t, watch, &log[offset], int64(offset))
			if dice.IntN(9) != 0 {
				continue
			}
			mustJudge(t, watch, out)
			if dice.IntN(3) == 0 {
				watch = restarted(t, w.config, watch, log[:offset+1], func() bool { return dice.IntN(20) == 0 })
				restarts++
			}
		}
		mustJudge(t, watch, out)
		same(t, fmt.Sprintf("world %d", seed), out.lines, want.lines)
	}
	if restarts < 50 {
		t.Errorf("only %d restarts", restarts)
	}
}

func restarted(t *testing.T, config Config, old *Watch, log []schemas.Slice, judge func() bool) *Watch {
	t.Helper()
	state, floor := old.Memory(), old.Floor()
	watch := mustWatch(t, config)
	for offset := floor; offset < int64(len(log)); offset++ {
		mustAdd(t, watch, &log[offset], offset)
		if judge() {
			mustJudge(t, watch, discard{})
		}
	}
	if err := watch.Restore(state); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(state, watch.Memory()); diff != "" {
		t.Fatalf("memory after the restart\n%s", diff)
	}
	if watch.Floor() != floor {
		t.Fatalf("floor %d after the restart, %d before", watch.Floor(), floor)
	}
	return watch
}
