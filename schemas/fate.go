package schemas

import (
	"cmp"
	"time"
)

// FateCount counts labels by when they arrived and by what became of them, or
// NoFate while they wait for their score.
type FateCount struct {
	Start Instant // of the slice of time that they arrived in
	Width time.Duration
	Fate  Fate
	N     int64 // negative where labels that waited have come to a fate
}

func (f FateCount) order(g FateCount) int {
	return cmp.Or(cmp.Compare(f.Start, g.Start), cmp.Compare(f.Width, g.Width), cmp.Compare(f.Fate, g.Fate))
}
func (f FateCount) plus(g FateCount) FateCount { f.N += g.N; return f }
func (f FateCount) zero() bool                 { return f.N == 0 }

// AddFates adds some counts to a sorted list, which it changes in place.
func AddFates(list []FateCount, more ...FateCount) []FateCount {
	for _, f := range more {
		list = addSparse(list, f)
	}
	return list
}

func appendFates(dst []byte, fates []FateCount) []byte {
	for i, f := range fates {
		dst = appendItem(dst, i, len(fates))
		dst = appendInstant(dst, f.Start)
		dst = appendLong(dst, f.Width.Microseconds())
		dst = appendLong(dst, int64(f.Fate))
		dst = appendLong(dst, f.N)
	}
	return appendEnd(dst)
}

func decodeFates(d *decoder, fates []FateCount) []FateCount {
	fates = fates[:0]
	if !d.more() {
		return fates
	}
	for s := d.blocks(4); s.next(); {
		fates = append(fates, FateCount{Start: d.instant(), Width: d.width(), Fate: Fate(d.enum(len(fateNames))), N: d.long()})
	}
	return fates
}
