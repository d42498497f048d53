package schemas

// AppendAvro appends x as window.avsc says and allocates only to grow dst.
func (x *Window) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, x.Model)
	dst = appendString(dst, x.Name)
	dst = appendLong(dst, int64(x.Clock))
	dst = appendInstant(dst, x.Start)
	dst = appendInstant(dst, x.End)
	dst = appendString(dst, x.Version)
	dst = appendString(dst, x.Segment)
	dst = appendLong(dst, int64(x.State))
	dst = appendLong(dst, int64(x.Revision))
	dst = appendInstant(dst, x.At)
	dst = appendLong(dst, x.Scored)
	dst = appendLong(dst, x.Labelled)
	dst = appendLong(dst, x.Assumed)
	dst = appendLong(dst, x.Unlabelled)
	dst = appendLong(dst, x.Late)
	dst = appendDouble(dst, x.Coverage)
	if x.Maturity == nil {
		dst = append(dst, 0)
	} else {
		dst = appendDouble(append(dst, 2), *x.Maturity)
	}
	for i := range x.Metrics {
		m := &x.Metrics[i]
		dst = appendItem(dst, i, len(x.Metrics))
		dst = appendString(dst, m.Name)
		dst = appendDouble(dst, m.Value)
		dst = appendDouble(dst, m.Low)
		dst = appendDouble(dst, m.High)
		dst = appendLong(dst, m.N)
		dst = appendString(dst, m.Undefined)
	}
	dst = appendEnd(dst)
	dst = appendString(dst, x.MaturityUndefined)
	dst = appendInstantOrNull(dst, x.FinalBy)
	return appendValues(dst, x.Values)
}

// DecodeAvro reads what AppendAvro wrote, copies what it keeps and reuses the
// slices of x. The error wraps ErrDatum; after one the content of x is undefined.
func (x *Window) DecodeAvro(b []byte) error {
	d := decoder{b: b}
	x.Model = d.string(x.Model)
	x.Name = d.string(x.Name)
	x.Clock = Clock(d.enum(len(clockNames)))
	x.Start = d.instant()
	x.End = d.instant()
	x.Version = d.string(x.Version)
	x.Segment = d.string(x.Segment)
	x.State = WindowState(d.enum(len(windowStateNames)))
	x.Revision = d.int()
	x.At = d.instant()
	x.Scored = d.long()
	x.Labelled = d.long()
	x.Assumed = d.long()
	x.Unlabelled = d.long()
	x.Late = d.long()
	x.Coverage = d.double()
	x.Maturity = nil // never reused: somebody may hold the old one
	if d.present() {
		v := d.double()
		x.Maturity = &v
	}
	x.Metrics = x.Metrics[:0]
	for s := d.blocks(27); s.next(); {
		var m *Metric
		x.Metrics, m = grow(x.Metrics)
		m.Name = d.string(m.Name)
		m.Value = d.double()
		m.Low = d.double()
		m.High = d.double()
		m.N = d.long()
		m.Undefined = d.string(m.Undefined)
	}
	if !d.more() {
		x.MaturityUndefined, x.FinalBy, x.Values = "", Beginning, x.Values[:0]
		return d.finish(WindowRecord)
	}
	x.MaturityUndefined = d.string(x.MaturityUndefined)
	x.FinalBy = d.instantOrNull()
	x.Values = decodeValues(&d, x.Values)
	return d.finish(WindowRecord)
}
