package demo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"hindsight/consumer"
	"hindsight/schemas"
)

const day = 24 * time.Hour

// Kind says why a label is published.
type Kind uint8

// The kinds of publication.
const (
	Plain      Kind = iota // the only label of its loan, some time after it
	Early                  // the only label of its loan, published before it
	Twice                  // the first of two that say the same
	Again                  // the second of them
	Mistaken               // says the wrong thing and is corrected later
	Correction             // says the right thing after Mistaken
	Stray                  // of a loan that there is not
)

// String returns the name of the kind.
func (k Kind) String() string {
	names := []string{"plain", "early", "twice", "again", "mistaken", "correction", "stray"}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("kind(%d)", k)
}

// Loan is one decision and the truth about it.
type Loan struct {
	ID     string
	At     schemas.Instant
	Repaid bool
}

// Publication is one label of the schedule.
type Publication struct {
	At        schemas.Instant // when it is published, which is when it became known
	EventID   string
	Repaid    bool // what it says
	Kind      Kind
	Partition int32 // where it is published
	Misplaced bool  // Partition is not the one that EventID hashes to
}

// How the truth becomes known. The delay from a loan to its label is
// log-normal, and longer where the loan was not repaid: a quick look at the
// labels flatters the model.
const (
	repaidMedian    = 9 * day
	repaidSpread    = 0.50 // standard deviation of the logarithm
	defaultedMedian = 18 * day
	defaultedSpread = 0.36
	longestDelay    = 80 * day

	shareNever    = 0.005
	shareTwice    = 0.010
	shareMistaken = 0.005
	shareEarly    = 0.001
	shareAstray   = 0.020 // of the labels, those on a wrong partition

	strays = 7 // labels of unknown loans
)

// schedule decides, from the seed alone, when which label is published. The
// result is in the order of publication.
func schedule(seed uint64, loans []Loan) []Publication {
	s := &scheduler{rng: rand.New(rand.NewPCG(seed, 0x6c6f616e73)), start: loans[0].At}
	for _, loan := range loans {
		s.loan(loan)
	}
	for i := range strays {
		near := loans[s.rng.IntN(len(loans))]
		s.publish(near.At.Add(s.delay(true)), "no-such-loan-"+strconv.Itoa(i+1), s.rng.IntN(2) == 0, Stray)
	}
	slices.SortStableFunc(s.out, func(a, b Publication) int {
		switch {
		case a.At < b.At:
			return -1
		case a.At > b.At:
			return 1
		}
		return 0
	})
	return s.out
}

type scheduler struct {
	rng   *rand.Rand
	start schemas.Instant
	out   []Publication
}

func (s *scheduler) loan(loan Loan) {
	u := s.rng.Float64()
	known := loan.At.Add(s.delay(loan.Repaid))
	below := func(share float64) bool {
		u -= share
		return u < 0
	}
	switch {
	case below(shareNever):
	case below(shareTwice):
		s.publish(known, loan.ID, loan.Repaid, Twice)
		s.publish(known.Add(s.between(time.Hour, 5*day)), loan.ID, loan.Repaid, Again)
	case below(shareMistaken):
		s.publish(known, loan.ID, !loan.Repaid, Mistaken)
		s.publish(known.Add(s.between(day, 10*day)), loan.ID, loan.Repaid, Correction)
	case below(shareEarly):
		before := loan.At.Add(-s.between(time.Minute, 3*day))
		s.publish(max(before, s.start), loan.ID, loan.Repaid, Early)
	default:
		s.publish(known, loan.ID, loan.Repaid, Plain)
	}
}

func (s *scheduler) publish(at schemas.Instant, id string, repaid bool, kind Kind) {
	p := Publication{At: at, EventID: id, Repaid: repaid, Kind: kind, Partition: consumer.Murmur2([]byte(id), Partitions)}
	if s.rng.Float64() < shareAstray {
		p.Partition = (p.Partition + 1 + s.rng.Int32N(Partitions-1)) % Partitions
		p.Misplaced = true
	}
	s.out = append(s.out, p)
}

// delay draws the time from a loan to its label, in whole seconds.
func (s *scheduler) delay(repaid bool) time.Duration {
	median, spread := defaultedMedian, defaultedSpread
	if repaid {
		median, spread = repaidMedian, repaidSpread
	}
	d := time.Duration(float64(median) * math.Exp(spread*s.rng.NormFloat64()))
	return min(d, longestDelay).Truncate(time.Second)
}

// between draws evenly from [low, high), in whole seconds.
func (s *scheduler) between(low, high time.Duration) time.Duration {
	return low + time.Duration(s.rng.Int64N(int64((high-low)/time.Second)))*time.Second
}
