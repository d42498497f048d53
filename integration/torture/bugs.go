package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// bugRounds is within how many rounds a planted bug must be caught.
const bugRounds = 6

// bug is a patch that breaks the program in a way that must be noticed.
type bug struct {
	name, path string
	kind       string // of the rounds that provoke it
}

// plantedBugs reads the patches; the line "kind: …" above a diff says what provokes it.
func plantedBugs(root string) ([]*bug, error) {
	paths, err := filepath.Glob(filepath.Join(root, "integration", "torture", "bugs", "*.patch"))
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("no patches in integration/torture/bugs (%w)", err)
	}
	var all []*bug
	for _, path := range paths {
		b := &bug{name: strings.TrimSuffix(filepath.Base(path), ".patch"), path: path}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
			if kind, found := strings.CutPrefix(lines.Text(), "kind: "); found {
				b.kind = kind
				break
			}
		}
		if kinds[b.kind] == nil {
			return nil, fmt.Errorf("%s: kind %q is unknown", path, b.kind)
		}
		all = append(all, b)
	}
	return all, nil
}

// bugs plants one bug after the other, and has each caught.
func (t *torture) bugs(ctx context.Context) error {
	all, err := plantedBugs(t.root)
	if err != nil {
		return err
	}
	todo := make(chan *bug)
	go func() {
		defer close(todo)
		for _, b := range all {
			if t.bug == "" || strings.Contains(b.name, t.bug) {
				todo <- b
			}
		}
	}()
	var group sync.WaitGroup
	faults := make([]error, t.parallel)
	for slot := range faults {
		group.Go(func() {
			for b := range todo {
				faults[slot] = errors.Join(faults[slot], t.plant(ctx, slot, b))
			}
		})
	}
	group.Wait()
	return errors.Join(faults...)
}

// plant builds the program with a bug in it and plays rounds until it is caught.
func (t *torture) plant(ctx context.Context, slot int, b *bug) error {
	began := time.Now()
	tree := filepath.Join(t.work, b.name)
	binary := filepath.Join(t.work, b.name+".bin")
	if err := t.patched(tree, b.path); err != nil {
		return err
	}
	build := exec.Command("go", "build", "-trimpath", "-o", binary, ".")
	build.Dir = tree
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: go build: %w\n%s", b.name, err, out)
	}
	sub := &torture{
		seed: t.seed, rounds: bugRounds, events: t.events, kind: b.kind, delivery: "safe", port: t.port, keep: t.keep,
		binary: binary, root: t.root, work: filepath.Join(t.work, b.name+"-rounds"), keys: t.keys, standstill: time.Minute, hunting: true,
	}
	numbers := make(chan uint64, bugRounds)
	for n := range uint64(bugRounds) {
		numbers <- n
	}
	close(numbers)
	if err := sub.slot(ctx, slot, numbers); err != nil {
		return fmt.Errorf("%s: %w", b.name, err)
	}
	total := sub.total()
	if total.broken() == 0 {
		return fmt.Errorf("%s: not caught within %d rounds of kind %s (%s)", b.name, bugRounds, b.kind, counts(total.Violations))
	}
	example := "none"
	for _, r := range sub.results {
		for _, v := range r.Examples {
			if v.breaks() {
				example = v.Law + ": " + v.Text
			}
		}
	}
	fmt.Printf("%-28s caught in round %d of kind %s after %.0f s: %s\n    such as %.200s\n", b.name, len(sub.results), b.kind,
		time.Since(began).Seconds(), counts(total.Violations), example)
	return os.RemoveAll(tree)
}

// patched copies what git knows of the repository and applies a patch to it.
func (t *torture) patched(tree, patch string) error {
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = t.root
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("git ls-files: %w", err)
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		to := filepath.Join(tree, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		text, err := os.ReadFile(filepath.Join(t.root, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(to, text, 0o644); err != nil {
			return err
		}
	}
	apply := exec.Command("git", "apply", "-C1", patch)
	apply.Dir = tree
	if out, err := apply.CombinedOutput(); err != nil {
		return fmt.Errorf("%s does not apply any more; renew it: %w\n%s", filepath.Base(patch), err, out)
	}
	return nil
}
