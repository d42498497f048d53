package scoring

import (
	"errors"
	"fmt"
	"slices"
)

// faults collects what is wrong with one file, to be told all at once.
type faults struct {
	file string
	list []fault
}

type fault struct {
	line int // 0: the file as a whole
	text string
}

// add records a fault; line is 0 where no line can be named.
func (f *faults) add(line int, format string, args ...any) {
	f.list = append(f.list, fault{line, fmt.Sprintf(format, args...)})
}

const maxToldFaults = 100

// err joins the first faults in the order of their lines; nil where there are none.
func (f *faults) err() error {
	slices.SortStableFunc(f.list, func(a, b fault) int { return a.line - b.line })
	told := f.list[:min(len(f.list), maxToldFaults)]
	errs := make([]error, len(told), len(told)+1)
	for i, fault := range told {
		if fault.line > 0 {
			errs[i] = fmt.Errorf("%s line %d: %s", f.file, fault.line, fault.text)
		} else {
			errs[i] = fmt.Errorf("%s: %s", f.file, fault.text)
		}
	}
	if more := len(f.list) - len(told); more > 0 {
		errs = append(errs, fmt.Errorf("%s: and %d faults more", f.file, more))
	}
	return errors.Join(errs...)
}
