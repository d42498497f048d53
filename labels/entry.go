package labels

import (
	"encoding/binary"
	"slices"

	"hindsight/schemas"
)

// What a value under idKey can be, told by its first byte.
const (
	noRecord   = 0
	liveRecord = 'l' // an entry
	graveStone = 'g' // a forgotten entry: labels are too late
	onlyLabels = 'w' // labels wait, there is no score
)

// entry is a score in the state, from its tick until horizon and grace have passed.
type entry struct {
	score    schemas.Score
	offset   int64           // of the score in scores
	tick     schemas.Instant // at which it was applied
	rules    int64           // offset of the settings it lives by
	kind     schemas.Kind    // of the latest outcome; NoKind: undecided
	revision int32           // of the latest outcome
	booked   schemas.Instant // where its sums stand on the label clock
	truth    string          // that stands
	extra    schemas.Extra   // of its weight
	truths   truths          // all labels that count
}

// horizon is until when a label is waited for.
func (e *entry) horizon(s *Settings) schemas.Instant {
	return e.score.EventTime.Add(s.HorizonOf(e.score.Segments))
}

// deadline is the last arrival at which a label counts.
func (e *entry) deadline(s *Settings) schemas.Instant { return e.horizon(s).Add(s.Grace) }

// due is when an entry without a truth is given up.
func (e *entry) due(s *Settings) schemas.Instant {
	return max(e.horizon(s), e.tick)
}

// end is when an entry turns into a gravestone.
func (e *entry) end(s *Settings) schemas.Instant {
	return max(e.deadline(s), e.tick)
}

// forgotten is when its gravestone goes.
func (e *entry) forgotten(s *Settings) schemas.Instant { return e.end(s).Add(s.Early) }

// appendEntry appends e without its event id.
func appendEntry(dst []byte, e *entry) []byte {
	dst = append(dst, liveRecord, byte(e.kind))
	dst = appendInt(dst, int64(e.revision))
	dst = appendInt(dst, e.offset)
	dst = appendInt(dst, int64(e.tick-e.score.EventTime))
	dst = appendInt(dst, e.rules)
	dst = appendScore(dst, &e.score)
	if e.kind == schemas.NoKind {
		return dst
	}
	dst = appendInt(dst, int64(e.booked-e.score.EventTime))
	dst = appendText(dst, e.truth)
	dst = binary.AppendUvarint(dst, uint64(len(e.truths)))
	for i := range e.truths {
		t := &e.truths[i]
		dst = appendText(dst, t.text)
		dst = appendInt(dst, t.n)
		dst = appendRank(dst, t.first)
		if t.n > 1 {
			dst = appendRank(dst, t.last)
		}
	}
	if !e.weighted() {
		return dst
	}
	dst = appendInt(dst, int64(e.extra))
	for i := range e.truths {
		dst = appendInt(appendInt(dst, int64(e.truths[i].firstExtra)), int64(e.truths[i].lastExtra))
	}
	return dst
}

func (e *entry) weighted() bool {
	return e.extra != 0 || slices.ContainsFunc(e.truths, func(t truth) bool { return t.firstExtra != 0 || t.lastExtra != 0 })
}

func appendRank(dst []byte, r rank) []byte {
	dst = appendInt(dst, int64(r.labelTime))
	dst = appendInt(dst, int64(r.arrival-r.labelTime))
	dst = appendText(dst, r.topic)
	dst = appendInt(dst, int64(r.partition))
	return appendInt(dst, r.offset)
}

// entry reads what appendEntry wrote after the first byte, and reuses e's lists.
func (d *decoder) entry(id string, e *entry) {
	e.kind = schemas.Kind(d.byte())
	e.revision = int32(d.int())
	e.offset = d.int()
	wait := d.instant()
	e.rules = d.int()
	d.score(&e.score)
	e.score.EventID = id
	e.tick = e.score.EventTime + wait
	e.booked, e.truth, e.extra, e.truths = 0, "", 0, e.truths[:0]
	if e.kind == schemas.NoKind {
		return
	}
	e.booked = e.score.EventTime + d.instant()
	e.truth = d.text()
	for range d.list(7) {
		t := truth{text: d.text(), n: d.int(), first: d.rank()}
		t.last = t.first
		if t.n > 1 {
			t.last = d.rank()
		}
		e.truths = append(e.truths, t)
	}
	if d.rest == "" {
		return
	}
	e.extra = d.extra()
	for i := range e.truths {
		e.truths[i].firstExtra, e.truths[i].lastExtra = d.extra(), d.extra()
	}
}

func (d *decoder) extra() schemas.Extra { return schemas.Extra(d.int()) }

func (d *decoder) rank() rank {
	r := rank{labelTime: d.instant()}
	r.arrival = r.labelTime + d.instant()
	r.topic = d.text()
	r.partition = int32(d.int())
	r.offset = d.int()
	return r
}
