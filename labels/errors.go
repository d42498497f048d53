package labels

import "errors"

var (
	// ErrForeign says that the store holds the state of something else: another
	// format, cluster or topic. Wipe it and rebuild.
	ErrForeign = errors.New("the state belongs to something else")
	// ErrUnfinished says that a rebuild did not come to its end. Wipe and rebuild.
	ErrUnfinished = errors.New("the rebuild of the state was not finished")
	// ErrDamaged says that the state cannot be read. Wipe it and rebuild.
	ErrDamaged = errors.New("the state is damaged")
	// ErrDiverged says that folding the topics led to another ledger than the
	// one that was committed. A state that was caught up should be rebuilt.
	ErrDiverged = errors.New("the state does not add up with what was committed")
	// ErrRepeated says that a record was added before: the caller read it twice.
	ErrRepeated = errors.New("the record was added before")
	// ErrStamp says that a time of a record is beyond what can be calculated with.
	ErrStamp = errors.New("the time is out of range")
)
