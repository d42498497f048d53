package demo

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"hindsight/app/publish"
	"hindsight/consumer"
	"hindsight/schemas"
)

func newWorld(t testing.TB, o Options) *World {
	t.Helper()
	w, err := NewWorld(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func countKinds(w *World) map[Kind]int {
	counts := map[Kind]int{}
	for _, p := range w.Labels {
		counts[p.Kind]++
	}
	return counts
}

func TestWorldAddsUp(t *testing.T) {
	w := newWorld(t, Options{Seed: 1})
	if n := len(w.Loans); n != 100_000 {
		t.Fatalf("%d loans, want 100000", n)
	}
	if !slices.IsSortedFunc(w.Loans, func(a, b Loan) int { return cmp.Compare(a.At, b.At) }) {
		t.Error("loans are not in order of time")
	}
	if !slices.IsSortedFunc(w.Labels, func(a, b Publication) int { return cmp.Compare(a.At, b.At) }) {
		t.Error("labels are not in order of publication")
	}
	counts, byID := countKinds(w), w.Schedule()
	if counts[Twice] != counts[Again] || counts[Mistaken] != counts[Correction] {
		t.Errorf("pairs are torn: %v", counts)
	}
	never := 0
	for _, loan := range w.Loans {
		if len(byID[loan.ID]) == 0 {
			never++
		}
	}
	labelled := counts[Plain] + counts[Early] + counts[Twice] + counts[Mistaken]
	if labelled+never != len(w.Loans) {
		t.Errorf("%d loans have a label and %d have none; they do not add up to %d", labelled, never, len(w.Loans))
	}
	if counts[Stray] != strays {
		t.Errorf("%d strays, want %d", counts[Stray], strays)
	}
	for _, share := range []struct {
		what string
		n    int
		want float64
	}{
		{"never", never, shareNever},
		{"twice", counts[Twice], shareTwice},
		{"mistaken", counts[Mistaken], shareMistaken},
		{"early", counts[Early], shareEarly},
	} {
		if got := float64(share.n) / 1e5; got < 0.7*share.want || got > 1.3*share.want {
			t.Errorf("%s: %.4f of the loans, want about %.4f", share.what, got, share.want)
		}
	}
	misplaced := 0
	for _, p := range w.Labels {
		right := consumer.Murmur2([]byte(p.EventID), Partitions)
		if p.Misplaced != (p.Partition != right) || p.Partition < 0 || p.Partition >= Partitions {
			t.Fatalf("%+v: the right partition is %d", p, right)
		}
		if p.Misplaced {
			misplaced++
		}
	}
	if got := float64(misplaced) / float64(len(w.Labels)); got < 0.017 || got > 0.023 {
		t.Errorf("%.4f of the labels are misplaced, want about %.3f", got, shareAstray)
	}
}

// The delays are skewed, longer where the loan was not repaid, and nearly all
// within the horizon of the configuration.
func TestDelaysDifferByOutcome(t *testing.T) {
	const horizon, grace = 45 * day, 5 * day
	w := newWorld(t, Options{Seed: 1})
	loans := map[string]Loan{}
	for _, loan := range w.Loans {
		loans[loan.ID] = loan
	}
	delays := map[bool][]time.Duration{}
	var within, inGrace, late int
	for _, p := range w.Labels {
		loan := loans[p.EventID]
		delay := p.At.Sub(loan.At)
		switch p.Kind {
		case Early:
			if delay >= 0 && loan.At > w.Start() {
				t.Errorf("loan %s: its label is early and comes %v after it", loan.ID, delay)
			}
		case Mistaken:
			if p.Repaid == loan.Repaid {
				t.Errorf("loan %s: the mistaken label is right", loan.ID)
			}
		case Plain, Twice, Correction, Again:
			if p.Repaid != loan.Repaid {
				t.Errorf("loan %s: its %s label is wrong", loan.ID, p.Kind)
			}
		}
		if p.Kind != Plain {
			continue
		}
		delays[loan.Repaid] = append(delays[loan.Repaid], delay)
		switch {
		case delay <= horizon:
			within++
		case delay <= horizon+grace:
			inGrace++
		default:
			late++
		}
	}
	median, mean := map[bool]time.Duration{}, map[bool]time.Duration{}
	for repaid, ds := range delays {
		slices.Sort(ds)
		median[repaid] = ds[len(ds)/2]
		var sum time.Duration
		for _, d := range ds {
			sum += d / time.Duration(len(ds))
		}
		mean[repaid] = sum
		if mean[repaid] < median[repaid]+day/2 {
			t.Errorf("repaid %v: mean %v, median %v: not skewed", repaid, mean[repaid], median[repaid])
		}
	}
	if d := median[true] - repaidMedian; d.Abs() > day/4 {
		t.Errorf("median delay of the repaid: %v", median[true])
	}
	if d := median[false] - defaultedMedian; d.Abs() > day/4 {
		t.Errorf("median delay of the others: %v", median[false])
	}
	if inGrace < 20 || late < 20 || within < 99*(within+inGrace+late)/100 {
		t.Errorf("%d labels within the horizon, %d in grace, %d too late", within, inGrace, late)
	}
}

func TestScheduleDependsOnTheSeedAlone(t *testing.T) {
	a, b, c := newWorld(t, Options{Seed: 1}), newWorld(t, Options{Seed: 1}), newWorld(t, Options{Seed: 2})
	if diff := gocmp.Diff(a.Labels, b.Labels); diff != "" {
		t.Errorf("the same seed gave two schedules:\n%s", diff)
	}
	if slices.Equal(a.Labels, c.Labels) {
		t.Error("two seeds gave the same schedule")
	}
}

func encoders(t testing.TB) (events, labels *publish.Encoder) {
	t.Helper()
	var out []*publish.Encoder
	for id, text := range [][]byte{LoanSchema(), RepaymentSchema()} {
		schema, err := publish.ParseSchema(text)
		if err != nil {
			t.Fatal(err)
		}
		enc, err := publish.NewEncoder(schema, schemas.Confluent, id+1)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, enc)
	}
	return out[0], out[1]
}

// The golden digest holds the bytes of the whole stream still: a change of it
// changes what every user of `--seed 1` sees.
func TestStreamIsInOrderAndGolden(t *testing.T) {
	w := newWorld(t, Options{Seed: 1})
	events, labels := encoders(t)
	digest := sha256.New()
	last, n := schemas.Beginning, map[string]int{}
	for item, err := range w.Items(events, labels) {
		if err != nil {
			t.Fatal(err)
		}
		if item.At < last {
			t.Fatalf("%s after %s", item.At, last)
		}
		last = item.At
		n[item.Topic]++
		digest.Write(binary.BigEndian.AppendUint64(nil, uint64(item.At)))
		fmt.Fprintf(digest, "%s %d %s %x\n", item.Topic, item.Partition, item.Key, item.Value)
	}
	if last != w.End() {
		t.Errorf("the stream ends at %s, the world at %s", last, w.End())
	}
	want := map[string]int{Events: len(w.Loans), Labels: len(w.Labels)}
	if diff := gocmp.Diff(want, n); diff != "" {
		t.Errorf("records by topic (-want +got):\n%s", diff)
	}
	const golden = "e0035bde92ee896c61680d41e0c92c72d7c0d8296c902dd2a87045a009136d60"
	if got := fmt.Sprintf("%x", digest.Sum(nil)); got != golden {
		t.Errorf("digest %s, want %s", got, golden)
	}
}

func TestBadEventsComeBesideTheLoans(t *testing.T) {
	w := newWorld(t, Options{Seed: 1, Loans: 1000, BadEvents: true})
	events, labels := encoders(t)
	if len(w.Bad) != 2*int(howMany) {
		t.Fatalf("%d bad events", len(w.Bad))
	}
	kinds := map[Badness]int{}
	for _, bad := range w.Bad {
		kinds[bad.Badness]++
	}
	for b := range howMany {
		if kinds[b] != 2 {
			t.Errorf("%s: %d events, want 2", b, kinds[b])
		}
	}
	n, found := 0, 0
	for item, err := range w.Items(events, labels) {
		if err != nil {
			t.Fatal(err)
		}
		if item.Topic != Events {
			continue
		}
		n++
		if found < len(w.Bad) && string(item.Key) == w.Bad[found].Key {
			if item.At != w.Bad[found].At {
				t.Errorf("%s at %s, want %s", item.Key, item.At, w.Bad[found].At)
			}
			found++
		}
	}
	if n != 1000+len(w.Bad) || found != len(w.Bad) {
		t.Errorf("%d events, %d of them bad; want %d and %d", n, found, 1000+len(w.Bad), len(w.Bad))
	}
}
