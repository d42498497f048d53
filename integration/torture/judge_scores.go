package main

import (
	"bytes"
	"math"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"
)

// scores: each event has exactly one score, with the model's answer, or one dead letter.
func (j *judge) scores() error {
	if err := j.read("scores", func(r *kgo.Record, f fields) {
		at := f.position("source_partition", "source_offset")
		s := j.scored[at]
		switch _, twice := j.places[at]; {
		case s == nil:
			j.violate("event→score", "score %s/%d of event %v, which must have none: %s", "scores", r.Offset, at, f.text("event_id"))
			return
		case twice:
			j.violate("event→score", "event %v (%s) was scored twice: offsets %v and %d/%d", at, s.id, j.places[at], r.Partition, r.Offset)
			return
		}
		j.places[at] = position{r.Partition, r.Offset}
		segments, _ := f["segments"].(map[string]any)
		switch p := s.probability(); {
		case f.text("event_id") != s.id || string(r.Key) != s.id || f.int("event_time") != s.at() || segments["region"] != s.region:
			j.violate("score", "event %v (%s) has a score of %q at %d", at, s.id, f.text("event_id"), f.int("event_time"))
		case !(math.Abs(f.number("value")-p) <= 1e-12) || f.text("prediction") != s.prediction():
			j.violate("score", "event %v (%s) has value %v, prediction %s; the model says %v, %s", at, s.id, f.number("value"), f.text("prediction"), p, s.prediction())
		case f.int("arrival") != s.arrival:
			j.violate("score", "event %v (%s) has arrival %d, its source's clock stood at %d", at, s.id, f.int("arrival"), s.arrival)
		case r.Partition != j.placeOf(s.id):
			j.violate("score", "event %v (%s) has its score on partition %d, its id belongs to %d", at, s.id, r.Partition, j.placeOf(s.id))
		}
	}); err != nil {
		return err
	}
	for at, s := range j.scored {
		if _, there := j.places[at]; !there && !j.stuck {
			j.violate("event→score", "event %v (%s) has no score", at, s.id)
		}
	}
	return nil
}

// deadLetters: what cannot be used is set aside once, as it was.
func (j *judge) deadLetters() error {
	if err := j.direct.committed(j.ctx, j.topic("dead-letters"), func(r *kgo.Record) {
		headers := map[string]string{}
		for _, h := range r.Headers {
			headers[h.Key] = string(h.Value)
		}
		topic := headers["hindsight.error.topic"]
		partition, _ := strconv.Atoi(headers["hindsight.error.partition"])
		offset, err := strconv.ParseInt(headers["hindsight.error.offset"], 10, 64)
		at := position{int32(partition), offset}
		in := j.dead[topic][at]
		switch {
		case err != nil || in == nil:
			j.violate("dead letter", "%s/%d offset %d was set aside (%s: %s) and is good", topic, partition, offset,
				headers["hindsight.error.class"], headers["hindsight.error.message"])
			return
		case in.found > 0:
			j.violate("dead letter", "%s/%d offset %d was set aside twice", topic, partition, offset)
		case !bytes.Equal(in.value, r.Value):
			j.violate("dead letter", "%s/%d offset %d was changed", topic, partition, offset)
		}
		in.found++
	}); err != nil {
		return err
	}
	for topic, all := range j.dead {
		for at, in := range all {
			if in.found == 0 && !j.stuck {
				j.violate("dead letter", "%s %v cannot be used and was not set aside", topic, at)
			}
		}
	}
	return nil
}
