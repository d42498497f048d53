package memory

import (
	"fmt"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// Least is the smallest bound, in bytes, that all three stages work under.
const Least = 128 << 20

// Bound is how much memory the process may use.
type Bound struct {
	Bytes  int64  // at most, resident
	Source string // for people: what says so
}

// String tells the bound and where it comes from.
func (b Bound) String() string { return fmt.Sprintf("%d MiB, from %s", b.Bytes>>20, b.Source) }

// surroundings are what beside the configuration says how much memory there is.
type surroundings struct {
	goLimit   int64 // by GOMEMLIMIT; 0: not set
	container int64 // limit of the control group; 0: none
}

// Find returns the bound in force: GOMEMLIMIT where it is set, else the
// configured one, or nine tenths of what the container has if that is less.
func Find(configured int64) Bound {
	var s surroundings
	if text := os.Getenv("GOMEMLIMIT"); text != "" && text != "off" {
		s.goLimit = debug.SetMemoryLimit(-1)
	}
	s.container = containerLimit(os.ReadFile)
	return s.bound(configured)
}

func (s surroundings) bound(configured int64) Bound {
	share := s.container / 10 * 9
	switch {
	case s.goLimit > 0:
		return Bound{s.goLimit, "GOMEMLIMIT"}
	case share > 0 && share < configured:
		return Bound{share, fmt.Sprintf("the container's limit of %d MiB, less a tenth", s.container>>20)}
	}
	return Bound{configured, "memory.limit"}
}

// Apply tells Go's collector what it may use of the bound: less than the whole,
// which is what it takes GOMEMLIMIT for, as the store's memory is not its own.
func (b Bound) Apply() {
	boundNative()
	debug.SetMemoryLimit(Divide(b.Bytes).Heap)
}

// containerLimit returns the memory limit of this process's control group, of
// either version, or of the nearest parent that has one; 0: none is known.
func containerLimit(read func(string) ([]byte, error)) int64 {
	groups, err := read("/proc/self/cgroup")
	if err != nil {
		return 0
	}
	least := int64(math.MaxInt64)
	for line := range strings.Lines(string(groups)) {
		// hierarchy:controllers:path; version 2 has hierarchy 0 and no controllers.
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		root, file := "/sys/fs/cgroup", "memory.max"
		if parts[1] == "memory" {
			root, file = "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
		} else if parts[1] != "" {
			continue
		}
		// Inside a container the group's path often leads nowhere: its own limit then stands at the root.
		for dir := path.Clean("/" + parts[2]); ; dir = path.Dir(dir) {
			if text, err := read(path.Join(root, dir, file)); err == nil {
				if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
					least = min(least, n)
				}
			}
			if dir == "/" {
				break
			}
		}
	}
	if least >= 1<<60 { // version 1 writes "no limit" as a number near the largest
		return 0
	}
	return least
}
