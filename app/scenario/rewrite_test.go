package scenario

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRewrite puts what came in place of what was expected: the result passes,
// and everything that was right stays as it was.
func TestRewrite(t *testing.T) {
	const before = `# All wrong.
labels: {horizon: 10m, grace: 5m}
events: {segments: [region]}
watch:
  windows: [{name: hour, size: 1h}]
  alarms: [{name: low, metric: accuracy, window: hour, below: 0.9, min_labels: 5, hold: 0s}]
---
score a 0.9 at 10:00     # right
score b 0.9 at 10:01
12 scores c* 0.9 at 10:02 every 1s segment region=eu
12 labels c* 0x10 1 at 10:05
label a 1 at 10:06

outcome z matched 1 rev 1
# stays
7 outcomes c* matched 0
ledger scores pending 3
clock 12:00
  7 outcomes c* matched 0
  outcome a unlabelled rev 1 arrived 10:07 at 10:04
no alarms
window hour 10:00 accuracy 1 n 3 final
no window hour 10:00 segment region=eu
window hour 08:00 n 1
closed 11:00
`
	const after = `# All wrong.
labels: {horizon: 10m, grace: 5m}
events: {segments: [region]}
watch:
  windows: [{name: hour, size: 1h}]
  alarms: [{name: low, metric: accuracy, window: hour, below: 0.9, min_labels: 5, hold: 0s}]
---
score a 0.9 at 10:00     # right
score b 0.9 at 10:01
12 scores c* 0.9 at 10:02 every 1s segment region=eu
12 labels c* 0x10 1 at 10:05
label a 1 at 10:06

# stays
no outcomes
ledger scores pending 14
clock 12:00
  11 outcomes c* matched 0
  outcome a matched 1 rev 1 at 10:07 arrived 10:06
  outcome c11 matched 1 rev 1 at 10:06
  outcome b unlabelled rev 1 at 10:11
alarm low firing at 11:00 value 0.1538 n 13
window hour 10:00 accuracy 0.1538 n 13 final
window hour 10:00 segment region=eu accuracy 0.0833 n 12 scored 12 coverage 1 final
no window hour 08:00
closed 12:00
`
	s, err := Parse("before", []byte(before), ".", nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Run()
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Failures) == 0 {
		t.Fatal("nothing failed")
	}
	mended := string(r.Rewritten())
	if mended != after {
		t.Errorf("(-want +got):\n%s", cmp.Diff(after, mended))
	}
	s, err = Parse("after", []byte(mended), ".", nil)
	if err != nil {
		t.Fatalf("%v in\n%s", err, mended)
	}
	if r, err = s.Run(); err != nil || len(r.Failures) > 0 {
		t.Errorf("%v %v in\n%s", err, r.Failures, mended)
	}
	if again := string(r.Rewritten()); again != mended {
		t.Errorf("what passes is rewritten:\n%s", again)
	}
}
