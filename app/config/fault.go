package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Fault is one thing that is wrong with a configuration.
type Fault struct {
	File    string
	Line    int    // 0: unknown
	Key     string // dotted path, "" for the file as a whole
	Value   string // as written, "" where there is none or it is a secret
	Problem string // what is wrong or allowed, and where there is one the next step
}

// Error gives the place, the key, the value and what is allowed, on one line.
func (f Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		b.WriteString(":" + strconv.Itoa(f.Line))
	}
	b.WriteString(": ")
	if f.Key != "" {
		b.WriteString(f.Key + ": ")
	}
	if f.Value != "" {
		fmt.Fprintf(&b, "%q: ", shorten(f.Value))
	}
	b.WriteString(f.Problem)
	return b.String()
}

// Faults is every fault of one configuration, in the order of its lines.
type Faults []Fault

// Error gives one line per fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// sorted returns fs by line, then key, without repetitions.
func (fs Faults) sorted() Faults {
	slices.SortStableFunc(fs, func(a, b Fault) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return strings.Compare(a.Key, b.Key)
	})
	return slices.Compact(fs)
}

// shorten keeps a fault on one readable line whatever the file holds.
func shorten(s string) string {
	const most = 120
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// reporter collects faults of a decoded configuration.
type reporter struct {
	cfg    *Config
	bad    map[string]bool // keys already reported by the decoder
	faults Faults
}

// fault reports the value at key, unless the decoder refused that key already.
func (r *reporter) fault(key, value, problem string, args ...any) {
	if r.bad[key] {
		return
	}
	f := Fault{File: r.cfg.File(), Key: key, Value: value, Problem: fmt.Sprintf(problem, args...)}
	if r.cfg.source != nil {
		f.Line = lineOf(r.cfg.source.lines, key)
	}
	r.faults = append(r.faults, f)
}

// require reports key as missing unless there is something.
func (r *reporter) require(key string, there bool, what string) {
	if !there {
		r.fault(key, "", "is required: %s", what)
	}
}

// lineOf returns the line of key or of the nearest section around it.
func lineOf(lines map[string]int, key string) int {
	for {
		if line, ok := lines[key]; ok {
			return line
		}
		i := strings.LastIndexAny(key, ".[")
		if i < 0 {
			return 0
		}
		key = key[:i]
	}
}
