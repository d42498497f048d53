package store

import "errors"

// Reader reads an ordered map of byte strings.
type Reader interface {
	// Get returns the value of key, as the caller's own copy.
	Get(key []byte) (value []byte, ok bool, err error)
	// Scan visits the keys of [lo, hi) in ascending order until visit returns
	// false or an error, which it returns. Key and value are valid during the
	// visit only, and the visit must not write.
	Scan(lo, hi []byte, visit func(key, value []byte) (more bool, err error)) error
}

// Batch is a set of changes that happens as a whole or not at all. Its reads
// see its own earlier changes. It is for one goroutine and ends with Commit or
// Discard, after which every method but Discard returns ErrEnded.
type Batch interface {
	Reader
	Set(key, value []byte) error
	Delete(key []byte) error
	// DeleteRange deletes every key of [lo, hi).
	DeleteRange(lo, hi []byte) error
	// Size returns about how many bytes the changes occupy.
	Size() int
	// Commit makes the changes visible to everyone. After a crash they may be
	// gone unless Sync succeeded later, but never in part, and never without
	// every later batch being gone too.
	Commit() error
	// Discard forgets the changes. After Commit it does nothing.
	Discard() error
}

// Store is an ordered map of byte strings. Its methods may be called from
// several goroutines. Once it failed, every call returns what made it fail.
type Store interface {
	Reader
	Begin() Batch
	// Load begins a batch for many changes that is not read: its reads return
	// ErrUnread, and it takes less time and memory for each change.
	Load() Batch
	// Sync returns once every committed batch survives a crash of the machine.
	Sync() error
	// Close ends the store; batches must have ended.
	Close() error
}

var (
	// ErrInUse says that another process has the state directory open.
	ErrInUse = errors.New("another hindsight process uses this state directory")
	// ErrFailed says that the store can keep nothing any more: the process
	// should end, and the next one goes on from what is on the disk.
	ErrFailed = errors.New("the state store failed")
	// ErrEnded says that a batch was used after Commit or Discard.
	ErrEnded = errors.New("the batch was used after its end")
	// ErrUnread says that a batch was read that Load began.
	ErrUnread = errors.New("a batch that loads is not read")
	// ErrClosed says that a store was used after Close.
	ErrClosed = errors.New("the state store is closed")
)
