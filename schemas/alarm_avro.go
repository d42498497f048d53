package schemas

// AppendAvro appends x as alarm.avsc says and allocates only to grow dst.
func (x *Alarm) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, x.ID)
	dst = appendString(dst, x.Name)
	dst = appendLong(dst, int64(x.State))
	dst = appendLong(dst, int64(x.Previous))
	dst = appendInstant(dst, x.At)
	dst = appendInstant(dst, x.Since)
	dst = appendString(dst, x.Severity)
	dst = appendString(dst, x.Model)
	dst = appendString(dst, x.Version)
	dst = appendString(dst, x.Segment)
	dst = appendString(dst, x.Window)
	dst = appendInstantOrNull(dst, x.Start)
	dst = appendInstantOrNull(dst, x.End)
	dst = appendString(dst, x.Metric)
	dst = appendDouble(dst, x.Value)
	dst = appendDouble(dst, x.Low)
	dst = appendDouble(dst, x.High)
	dst = appendLong(dst, x.N)
	dst = appendDouble(dst, x.Coverage)
	dst = appendDouble(dst, x.Bound)
	return appendString(dst, x.Text)
}

// DecodeAvro reads what AppendAvro wrote and copies what it keeps. The error
// wraps ErrDatum; after one the content of x is undefined.
func (x *Alarm) DecodeAvro(b []byte) error {
	d := decoder{b: b}
	x.decodeAvro(&d)
	return d.finish(AlarmRecord)
}

func (x *Alarm) decodeAvro(d *decoder) {
	x.ID = d.string(x.ID)
	x.Name = d.string(x.Name)
	x.State = AlarmState(d.enum(len(alarmStateNames)))
	x.Previous = AlarmState(d.enum(len(alarmStateNames)))
	x.At = d.instant()
	x.Since = d.instant()
	x.Severity = d.string(x.Severity)
	x.Model = d.string(x.Model)
	x.Version = d.string(x.Version)
	x.Segment = d.string(x.Segment)
	x.Window = d.string(x.Window)
	x.Start = d.instantOrNull()
	x.End = d.instantOrNull()
	x.Metric = d.string(x.Metric)
	x.Value = d.double()
	x.Low = d.double()
	x.High = d.double()
	x.N = d.long()
	x.Coverage = d.double()
	x.Bound = d.double()
	x.Text = d.string(x.Text)
}
