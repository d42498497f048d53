package schemas

// AppendAvro appends x as outcome.avsc says and allocates only to grow dst.
// Segments become a map in the order of the slice; their fields must differ.
func (x *Outcome) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, x.EventID)
	dst = appendLong(dst, int64(x.Kind))
	dst = appendLong(dst, int64(x.Fate))
	dst = appendLong(dst, int64(x.Revision))
	dst = appendInstant(dst, x.Tick)
	dst = appendLong(dst, int64(x.ScorePartition))
	dst = appendLong(dst, x.ScoreOffset)
	dst = appendLong(dst, int64(x.SourcePartition))
	dst = appendLong(dst, x.SourceOffset)
	dst = appendString(dst, x.LabelTopic)
	dst = appendLong(dst, int64(x.LabelPartition))
	dst = appendLong(dst, x.LabelOffset)
	dst = appendString(dst, x.Model)
	dst = appendString(dst, x.Version)
	dst = appendString(dst, x.Role)
	dst = appendDouble(dst, x.Value)
	dst = appendString(dst, x.Prediction)
	dst = appendString(dst, x.Positive)
	dst = appendString(dst, x.Truth)
	dst = appendString(dst, x.PreviousTruth)
	dst = appendInstantOrNull(dst, x.EventTime)
	dst = appendInstantOrNull(dst, x.LabelTime)
	dst = appendInstant(dst, x.Arrival)
	dst = appendSegments(dst, x.Segments)
	dst = appendBytes(dst, x.Bins)
	dst = appendAnswers(dst, x.Challengers)
	if x.Extra == 0 {
		return appendLong(dst, 0)
	}
	return appendDouble(appendLong(dst, 1), x.Extra.Weight())
}

// DecodeAvro reads what AppendAvro wrote, copies what it keeps and reuses the
// slices of x. The error wraps ErrDatum; after one the content of x is undefined.
func (x *Outcome) DecodeAvro(b []byte) error {
	d := decoder{b: b}
	x.EventID = d.string(x.EventID)
	x.Kind = Kind(d.enum(len(kindNames)))
	x.Fate = Fate(d.enum(len(fateNames)))
	x.Revision = d.int()
	x.Tick = d.instant()
	x.ScorePartition = d.int()
	x.ScoreOffset = d.long()
	x.SourcePartition = d.int()
	x.SourceOffset = d.long()
	x.LabelTopic = d.string(x.LabelTopic)
	x.LabelPartition = d.int()
	x.LabelOffset = d.long()
	x.Model = d.string(x.Model)
	x.Version = d.string(x.Version)
	x.Role = d.string(x.Role)
	x.Value = d.double()
	x.Prediction = d.string(x.Prediction)
	x.Positive = d.string(x.Positive)
	x.Truth = d.string(x.Truth)
	x.PreviousTruth = d.string(x.PreviousTruth)
	x.EventTime = d.instantOrNull()
	x.LabelTime = d.instantOrNull()
	x.Arrival = d.instant()
	x.Segments = d.segments(x.Segments)
	x.Bins = d.bytes(x.Bins)
	x.Challengers = d.answers(x.Challengers)
	if x.Extra = 0; d.more() && d.present() {
		var err error
		if x.Extra, err = ExtraOf(d.double()); err != nil {
			d.fail("%v", err)
		}
	}
	return d.finish(OutcomeRecord)
}
