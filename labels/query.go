package labels

import (
	"hindsight/labels/store"
	"hindsight/schemas"
)

// Follows reports whether the last settings that j knows are s, whatever their From.
func (j *Join) Follows(s Settings) bool {
	t := j.meta.Timeline
	if len(t) == 0 {
		return false
	}
	return t[len(t)-1].Same(&s)
}

// Lifted returns the highest lift in force for later records of a source,
// Beginning where there is none.
func (j *Join) Lifted(topic string, partition int32) schemas.Instant {
	highest := schemas.Beginning
	for _, s := range j.lifts[source{topic, partition}] {
		highest = max(highest, s.value)
	}
	return highest
}

// Arrives reports whether a score or label that is not applied yet arrives at
// an instant or later.
func (j *Join) Arrives(r store.Reader, from schemas.Instant) (found bool, err error) {
	for _, kind := range []byte{scoreInbox, labelInbox} {
		err := r.Scan(j.prefix.timed(nil, kind, from), j.prefix.key(nil, kind+1), func(_, _ []byte) (bool, error) {
			found = true
			return false, nil
		})
		if err != nil || found {
			return found, err
		}
	}
	return false, nil
}
