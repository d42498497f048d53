package schemas

// AppendAvro appends x as label.avsc says and allocates only to grow dst.
func (x *Label) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, x.EventID)
	dst = appendString(dst, x.Truth)
	return appendInstant(dst, x.LabelTime)
}

// DecodeAvro reads what AppendAvro wrote and copies what it keeps. The error
// wraps ErrDatum; after one the content of x is undefined.
func (x *Label) DecodeAvro(b []byte) error {
	d := decoder{b: b}
	x.EventID = d.string(x.EventID)
	x.Truth = d.string(x.Truth)
	x.LabelTime = d.instant()
	return d.finish(LabelRecord)
}
