package telemetry

import (
	"fmt"
	"hash/fnv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
)

// SegmentLimit is how many segments keep their name; the whole is not one of them.
const SegmentLimit = 200

// Other is the segment into which segments beyond the limit are folded. A real
// segment is field=value, so it cannot be mistaken for one.
const Other = "__other__"

const maxLabelBytes = 128

// clean makes a string fit for a label value: valid UTF-8, at most 128 bytes.
// What is cut is told apart by a hash of the whole.
func clean(s string) string {
	if len(s) <= maxLabelBytes && utf8.ValidString(s) {
		return s
	}
	h := fnv.New32a()
	h.Write([]byte(s))
	valid := strings.ToValidUTF8(s, "\ufffd")
	cut := min(len(valid), maxLabelBytes-len("~01234567"))
	for cut > 0 && cut < len(valid) && !utf8.RuneStart(valid[cut]) {
		cut--
	}
	return fmt.Sprintf("%s~%08x", valid[:cut], h.Sum32())
}

// segmentLimit gives the first segments their name and folds the others.
type segmentLimit struct {
	limit  int
	folded prometheus.Counter

	mu    sync.Mutex
	named map[string]string // segment → label value
}

func newSegmentLimit(limit int, folded prometheus.Counter) *segmentLimit {
	return &segmentLimit{limit: limit, folded: folded, named: map[string]string{}}
}

// label returns the label value for a segment.
func (l *segmentLimit) label(segment string) string {
	if segment == "" {
		return ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if name, ok := l.named[segment]; ok {
		return name
	}
	if len(l.named) >= l.limit {
		l.folded.Inc()
		return Other
	}
	name := clean(segment)
	l.named[strings.Clone(segment)] = name
	return name
}
