//go:build unix

package filelock

import (
	"errors"
	"os"
	"syscall"
)

// Take opens the file at path, which it makes, and locks it. The error is ErrHeld, at
// once, where another process holds the lock. Closing the file frees it.
func Take(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(ErrHeld, err, f.Close())
	}
	return f, nil
}
