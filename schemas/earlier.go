package schemas

// earlier returns the fingerprints of the released versions of a record that
// its DecodeAvro reads too, because they only lack fields at the end.
func earlier(k RecordKind) []uint64 {
	switch k {
	case OutcomeRecord:
		return []uint64{0x5c5b31c8f42d83f8} // v1
	case WindowRecord:
		return []uint64{0x43e91782ead501dd} // v1
	case SliceRecord:
		return []uint64{0x6901e171729d2646} // v2
	}
	return nil
}
