//go:build unix

package filelock

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// Take opens the file at path, which it makes, and locks it. The error is ErrHeld, at
// once and naming the holder, where another process holds the lock. Closing the file frees it.
func Take(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%w (%s): %w", ErrHeld, holder(path), err), f.Close())
	}
	if err := sign(f); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return f, nil
}

// sign writes into a lock who holds it, for the error of those who come after.
func sign(f *os.File) error {
	host, err := os.Hostname()
	if err != nil {
		host = "this machine"
	}
	text := fmt.Sprintf("process %d on %s, since %s\n", os.Getpid(), host, time.Now().UTC().Format(time.RFC3339))
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = f.WriteAt([]byte(text), 0)
	return err
}

func holder(path string) string {
	if text, err := os.ReadFile(path); err == nil && len(text) > 0 {
		return strings.TrimSpace(string(text))
	}
	return "it has not said its name"
}
