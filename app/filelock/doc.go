// Package filelock owns the lock by which one process has a folder to itself,
// and that ends with the process. It must not know what the folder holds.
package filelock

import "errors"

// ErrHeld says that another process holds the lock.
var ErrHeld = errors.New("another process holds the lock")
