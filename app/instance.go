package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"hindsight/app/filelock"
)

// instance is the identity of a process: it owns a state directory alone, and
// its transactional ids are the same after a restart, so that what it left
// open is fenced at once.
type instance struct {
	id   string
	lock *os.File
}

// openInstance locks dir and reads or makes its identity.
func openInstance(dir string) (*instance, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("state directory: %w", err)
	}
	lock, err := filelock.Take(filepath.Join(dir, "lock"))
	if err != nil && !errors.Is(err, filelock.ErrHeld) {
		return nil, fmt.Errorf("state directory: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("state directory %s is used by another hindsight process: stop that one, or give this one a state.dir of its own: %w", dir, err)
	}
	i := &instance{lock: lock}
	file := filepath.Join(dir, "instance")
	b, err := os.ReadFile(file)
	if err == nil {
		i.id = strings.TrimSpace(string(b))
	}
	if i.id == "" {
		i.id = strings.ToLower(rand.Text()[:12])
		if err := os.WriteFile(file, []byte(i.id+"\n"), 0o644); err != nil {
			return nil, errors.Join(fmt.Errorf("state directory: %w", err), lock.Close())
		}
	}
	return i, nil
}

func (i *instance) close() error { return i.lock.Close() }
