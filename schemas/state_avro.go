package schemas

// AppendAvro appends x as watch_state.avsc says and allocates only to grow dst.
func (x *WatchState) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, x.Model)
	dst = appendInstantOrNull(dst, x.Judged)
	for i := range x.Alarms {
		m := &x.Alarms[i]
		dst = appendItem(dst, i, len(x.Alarms))
		dst = appendString(dst, m.Name)
		dst = appendString(dst, m.Version)
		dst = appendString(dst, m.Segment)
		dst = appendLong(dst, int64(m.State))
		dst = appendString(dst, m.ID)
		dst = appendInstantOrNull(dst, m.Since)
		dst = appendInstantOrNull(dst, m.PastSince)
		dst = m.Last.AppendAvro(dst)
	}
	return appendEnd(dst)
}

// DecodeAvro reads what AppendAvro wrote, copies what it keeps and reuses the
// slices of x. The error wraps ErrDatum; after one the content of x is undefined.
func (x *WatchState) DecodeAvro(b []byte) error {
	d := decoder{b: b}
	x.Model = d.string(x.Model)
	x.Judged = d.instantOrNull()
	x.Alarms = x.Alarms[:0]
	for s := d.blocks(63); s.next(); {
		var m *AlarmMemory
		x.Alarms, m = grow(x.Alarms)
		m.Name = d.string(m.Name)
		m.Version = d.string(m.Version)
		m.Segment = d.string(m.Segment)
		m.State = AlarmState(d.enum(len(alarmStateNames)))
		m.ID = d.string(m.ID)
		m.Since = d.instantOrNull()
		m.PastSince = d.instantOrNull()
		m.Last.decodeAvro(&d)
	}
	return d.finish(WatchStateRecord)
}

// AppendAvro appends x as model_state.avsc says and allocates only to grow dst.
func (x *ModelState) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, x.Model)
	dst = appendString(dst, x.Champion)
	dst = appendStrings(dst, x.Challengers)
	dst = appendString(dst, x.By)
	dst = appendInstant(dst, x.At)
	dst = appendString(dst, x.Why)
	return appendString(dst, x.Evidence)
}

// DecodeAvro reads what AppendAvro wrote, copies what it keeps and reuses the
// slices of x. The error wraps ErrDatum; after one the content of x is undefined.
func (x *ModelState) DecodeAvro(b []byte) error {
	d := decoder{b: b}
	x.Model = d.string(x.Model)
	x.Champion = d.string(x.Champion)
	x.Challengers = d.strings(x.Challengers)
	x.By = d.string(x.By)
	x.At = d.instant()
	x.Why = d.string(x.Why)
	x.Evidence = d.string(x.Evidence)
	return d.finish(ModelStateRecord)
}
