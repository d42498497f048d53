package labels

import "hindsight/schemas"

// Follows reports whether the last settings that j knows are s, whatever their From.
func (j *Join) Follows(s Settings) bool {
	t := j.meta.Timeline
	if len(t) == 0 {
		return false
	}
	last := t[len(t)-1].Settings
	last.From = s.From
	return last == s
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
