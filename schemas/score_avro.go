package schemas

// AppendAvro appends x as score.avsc says and allocates only to grow dst.
// Segments become a map in the order of the slice; their fields must differ.
func (x *Score) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, x.EventID)
	dst = appendInstant(dst, x.EventTime)
	dst = appendInstant(dst, x.Arrival)
	dst = appendLong(dst, int64(x.SourcePartition))
	dst = appendLong(dst, x.SourceOffset)
	dst = appendInstant(dst, x.ScoredAt)
	dst = appendString(dst, x.Model)
	dst = appendString(dst, x.Version)
	dst = appendDouble(dst, x.Value)
	dst = appendDoubles(dst, x.Probabilities)
	dst = appendString(dst, x.Prediction)
	dst = appendString(dst, x.Positive)
	dst = appendSegments(dst, x.Segments)
	dst = appendBytes(dst, x.Bins)
	dst = append(dst, 0) // features: null
	return appendAnswers(dst, x.Challengers)
}

// DecodeAvro reads what AppendAvro wrote. It copies what it keeps, reuses the
// slices of x, and skips the features where a writer kept them. The error wraps
// ErrDatum; after one the content of x is undefined.
func (x *Score) DecodeAvro(b []byte) error {
	d := decoder{b: b}
	x.EventID = d.string(x.EventID)
	x.EventTime = d.instant()
	x.Arrival = d.instant()
	x.SourcePartition = d.int()
	x.SourceOffset = d.long()
	x.ScoredAt = d.instant()
	x.Model = d.string(x.Model)
	x.Version = d.string(x.Version)
	x.Value = d.double()
	x.Probabilities = d.doubles(x.Probabilities)
	x.Prediction = d.string(x.Prediction)
	x.Positive = d.string(x.Positive)
	x.Segments = d.segments(x.Segments)
	x.Bins = d.bytes(x.Bins)
	if d.present() {
		for s := d.blocks(9); s.next(); {
			d.raw()
			d.double()
		}
	}
	x.Challengers = d.answers(x.Challengers)
	return d.finish(ScoreRecord)
}

func appendSegments(dst []byte, segments []Segment) []byte {
	for i := range segments {
		dst = appendItem(dst, i, len(segments))
		dst = appendString(dst, segments[i].Field)
		dst = appendString(dst, segments[i].Value)
	}
	return appendEnd(dst)
}

func (d *decoder) segments(old []Segment) []Segment {
	old = old[:0]
	for s := d.blocks(2); s.next(); {
		var x *Segment
		old, x = grow(old)
		x.Field = d.string(x.Field)
		x.Value = d.string(x.Value)
	}
	return old
}

func appendAnswers(dst []byte, answers []Answer) []byte {
	for i := range answers {
		x := &answers[i]
		dst = appendItem(dst, i, len(answers))
		dst = appendString(dst, x.Model)
		dst = appendString(dst, x.Version)
		dst = appendDouble(dst, x.Value)
		dst = appendDoubles(dst, x.Probabilities)
		dst = appendString(dst, x.Prediction)
	}
	return appendEnd(dst)
}

func (d *decoder) answers(old []Answer) []Answer {
	old = old[:0]
	for s := d.blocks(12); s.next(); {
		var x *Answer
		old, x = grow(old)
		x.Model = d.string(x.Model)
		x.Version = d.string(x.Version)
		x.Value = d.double()
		x.Probabilities = d.doubles(x.Probabilities)
		x.Prediction = d.string(x.Prediction)
	}
	return old
}
