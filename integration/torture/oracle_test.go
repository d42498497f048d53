package main

import (
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPlace holds the oracle's partitioners to keys that other clients have
// placed: Kafka's Utils.murmur2 and zlib's CRC-32, FNV-1a as Sarama's.
func TestPlace(t *testing.T) {
	for _, c := range []struct {
		how, key string
		n, want  int32
	}{
		{"murmur2", "21", 1 << 30, (-973932308 & 0x7fffffff) % (1 << 30)},
		{"murmur2", "foobar", 1 << 30, (-790332482 & 0x7fffffff) % (1 << 30)},
		{"murmur2", "a-little-bit-long-string", 1 << 30, (-985981536 & 0x7fffffff) % (1 << 30)},
		{"crc32", "123456789", 1000, 3421780262 % 1000},
		{"fnv1a", "a", 1000, 76}, // 0xe40c292c is -468965076 as an int32
	} {
		if got := place(c.how, c.key, c.n, nil); got != c.want {
			t.Errorf("%s of %q on %d partitions is %d, want %d", c.how, c.key, c.n, got, c.want)
		}
	}
}

// TestFold tells the oracle one story by hand: what it says of labels before,
// after, again, corrected, too late and for nobody.
func TestFold(t *testing.T) {
	r := rules{tick: 10, horizon: 100, grace: 50, early: 100, policy: "latest"}
	f := fold{rules: r, end: 1000}
	e := &event{id: "a", time: 0, region: "north", x: [4]float64{1, 0, 0, 0}} // time is 0 in any unit
	at := position{0, 7}
	said := func(offset, arrival, time int64, text string) told {
		return told{&label{id: "a", text: text, time: time}, position{1, offset}, arrival}
	}
	f.id([]scored{{e, at, 25}}, []told{
		said(1, 3, 3, "0"),   // waits for its score
		said(2, 41, 4, "1"),  // a correction
		said(3, 44, 2, "0"),  // an older word
		said(4, 60, 5, "1"),  // the same again
		said(5, 151, 6, "0"), // beyond horizon and grace
	})
	f.id(nil, []told{{&label{id: "b", text: "1"}, position{1, 6}, 30}})
	var got []string
	for _, o := range f.outcomes {
		got = append(got, o.fate)
	}
	if d := cmp.Diff([]string{"used", "revision", "conflict", "duplicate", "too_late", "orphan"}, got); d != "" {
		t.Errorf("fates (-want +got):\n%s", d)
	}
	waits := int64(0)
	for _, l := range f.fates {
		if l.fate == "none" {
			waits += l.n
		}
	}
	if len(f.fates) != 6+4 || waits != 0 {
		t.Errorf("labels are counted as %+v", f.fates)
	}
	if o := f.outcomes[1]; o.tick != 50 || o.revision != 2 || o.truth != "1" || o.previous != "0" || o.arrival != 41 {
		t.Errorf("the correction is %+v", o)
	}
	var whole sums
	for _, c := range f.changes {
		if c.clock == "event" {
			whole.add(c.sums)
		}
	}
	if got := whole.String(); got != "scored 1, unlabelled 0, assumed 0, truth 1 predicted 1: 1" {
		t.Errorf("the event counts as %s", got)
	}
}

// TestInvent plays the same round twice and another one once.
func TestInvent(t *testing.T) {
	p := newPlan(7, 3, "", 2000)
	one, same, other := invent(p, 7), invent(newPlan(7, 3, "", 2000), 7), invent(newPlan(8, 3, "", 2000), 8)
	if !reflect.DeepEqual(one, same) || !reflect.DeepEqual(p, newPlan(7, 3, "", 2000)) {
		t.Error("the same seed gave another round")
	}
	if reflect.DeepEqual(one, other) {
		t.Error("another seed gave the same round")
	}
	bad := 0
	for _, it := range one {
		if it.event != nil && it.event.bad || it.label != nil && it.label.bad {
			bad++
		}
	}
	if bad == 0 {
		t.Error("nothing in 2000 events is bad")
	}
}

// TestPatchesApply finds the planted bugs that the code has grown away from.
func TestPatchesApply(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	all, err := plantedBugs(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 8 {
		t.Errorf("%d bugs are planted, want 8", len(all))
	}
	for _, b := range all {
		apply := exec.Command("git", "apply", "-C1", "--check", b.path)
		apply.Dir = root
		if out, err := apply.CombinedOutput(); err != nil {
			t.Errorf("%s does not apply any more: %v\n%s", b.name, err, out)
		}
	}
}
