package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hindsight/app/config"
	"hindsight/app/kafka"
	"hindsight/app/rules"
	"hindsight/schemas"
)

// sampleEach is how many records are looked at at each end of a partition.
const sampleEach = 50

// sampled is what the records of a topic tell.
type sampled struct {
	looked     bool
	partitions int32
	total      int64
	stamps     kafka.Span
	ids        []kafka.Labelled
	truths     map[string]int // of labels, as classes
}

// sample reads the first and the last records of a topic as the service would.
func (k *checker) sample(in input, reader *schemas.Reader) sampled {
	name := in.section + " sample"
	if k.client == nil || !k.topics[in.section].Exists {
		k.skip(name, "topic %s cannot be read", in.topic)
		return sampled{}
	}
	found, err := kafka.SampleOf(k.ctx, k.client, in.topic, sampleEach)
	if err != nil {
		k.fault(name, err)
		return sampled{}
	}
	s := sampled{looked: true, truths: map[string]int{}, partitions: found.Partitions, total: found.Total}
	row := schemas.NewRow(in.fields(true))
	unread, first := 0, error(nil)
	for _, r := range found.Records {
		err := reader.Read(k.ctx, r.Value, row)
		if err == nil && len(row.Texts[in.id.Slot]) == 0 {
			err = fmt.Errorf("field %s, the id, is missing or empty", in.id.Path)
		}
		if err != nil {
			if unread++; first == nil {
				first = fmt.Errorf("partition %d offset %d: %w", r.Partition, r.Offset, err)
			}
			continue
		}
		s.ids = append(s.ids, kafka.Labelled{ID: slices.Clone(row.Texts[in.id.Slot]), Partition: r.Partition})
		if in.section == "labels" && row.Texts[1] != nil {
			s.truths[rules.Class(&k.cfg.Labels, string(row.Texts[1]))]++
		}
		stamp := schemas.InstantOfMillis(r.Timestamp.UnixMilli())
		if in.byTime {
			stamp = row.Times[in.time.Slot]
		}
		if stamp != schemas.Beginning {
			s.stamps.Add(stamp)
		}
	}
	k.tellSample(name, len(found.Records), unread, first, s)
	return s
}

func (k *checker) tellSample(name string, looked, unread int, first error, s sampled) {
	switch {
	case looked == 0:
		k.note(name, "the topic is empty, so that nothing could be tried")
	case unread == looked:
		k.fault(name, fmt.Errorf("none of %s can be read: %w", counted(looked, "record"), first))
	case unread > 0:
		k.note(name, "%d of %s will be dead letters: %v", unread, counted(looked, "record"), first)
	default:
		k.ok(name, "%s, stamped %v to %v", counted(looked, "record"), s.stamps.First, s.stamps.Last)
	}
}

// checkScores tells whether somebody else's scores lie where their labels look for them.
func (k *checker) checkScores() {
	if !k.cfg.Scores.Foreign() || len(k.events.ids) == 0 {
		return
	}
	if err := kafka.ScoresInPlace(k.cfg, k.events.ids, k.events.partitions); err != nil {
		k.fault("scores placement", err)
		return
	}
	if n := kafka.Misplaced(k.cfg, k.events.ids, k.events.partitions); n > 0 {
		k.note("scores placement", "%d of %d scores do not lie on the partition that their event id hashes to (%s): they will be dead letters of class misplaced",
			n, len(k.events.ids), k.cfg.Scores.Partitioner)
		return
	}
	k.ok("scores placement", "all of %s lie on the partition that their event id hashes to (%s)", counted(len(k.events.ids), "score"), k.cfg.Scores.Partitioner)
}

// checkPlacement tells whether labels lie where their scores will.
func (k *checker) checkPlacement() {
	if !k.runs(config.StageJoin) || len(k.labels.ids) == 0 {
		return
	}
	scores := k.topics["scores"]
	want := scores.Have
	if !scores.Exists {
		want = scores.Partitions
	}
	if k.labels.partitions != want {
		k.note("partitioning", "%s has %s and %s has %d: every label is copied to its score's partition; with as many partitions none would be",
			k.cfg.Labels.Topic, counted(int(k.labels.partitions), "partition"), k.cfg.Topics.Scores, want)
		return
	}
	configured := k.cfg.Scores.Partitioner
	best := kafka.PlacementOf(k.labels.ids, k.labels.partitions, configured)
	switch {
	case best.Explains() && best.Partitioner == configured:
		k.ok("partitioning", "%d of %d labels lie on the partition of their score (%s)", best.Matching, best.Labels, configured)
	case best.Explains():
		cure := ""
		if !k.cfg.Scores.Foreign() {
			cure = "; before the first score is written, set scores.partitioner: " + best.Partitioner
		}
		k.note("partitioning", "labels are placed by %s and scores by %s, so that most labels are copied%s", best.Partitioner, configured, cure)
	default:
		k.note("partitioning", "labels are not placed by their event's id (at best %d of %d, by %s), so that most are copied to their score's partition; a producer that uses the id as key saves that",
			best.Matching, best.Labels, best.Partitioner)
	}
}

func (k *checker) checkTimeScale() {
	if !k.events.looked || !k.labels.looked || k.events.stamps.N == 0 || k.labels.stamps.N == 0 {
		return
	}
	if err := kafka.OneTimeScale(k.cfg, k.events.stamps, k.labels.stamps); err != nil {
		k.fault("time scale", err)
		return
	}
	source := "events"
	if k.cfg.Scores.Foreign() {
		source = "scores"
	}
	k.ok("time scale", "%s to %v, labels to %v", source, k.events.stamps.Last, k.labels.stamps.Last)
}

// checkTruths tells which labels no prediction can ever agree with.
func (k *checker) checkTruths() {
	if k.bundle == nil || len(k.bundle.Classes) == 0 || len(k.labels.truths) == 0 {
		return
	}
	var strange []string
	n := 0
	for _, truth := range slices.Sorted(maps.Keys(k.labels.truths)) {
		if n += k.labels.truths[truth]; !slices.Contains(k.bundle.Classes, truth) {
			strange = append(strange, fmt.Sprintf("%q (%d)", truth, k.labels.truths[truth]))
		}
	}
	if len(strange) == 0 {
		k.ok("truths", "%s, all of them classes of the model", counted(n, "label"))
		return
	}
	k.note("truths", "of %s some say %s, which is no class of the model (%q): they count as wrong predictions; say in labels.map which class they mean",
		counted(n, "label"), strings.Join(strange[:min(len(strange), 10)], ", "), k.bundle.Classes)
}

// checkPending forecasts how many scores will wait at a time.
func (k *checker) checkPending() {
	span := k.events.stamps
	if !k.runs(config.StageJoin) || span.N == 0 || span.Last <= span.First {
		return
	}
	rate := float64(k.events.total) / span.Last.Sub(span.First).Seconds()
	wait := k.cfg.Labels.Longest() + k.cfg.Labels.Grace
	k.note("state", "at %s events a second, and %s of horizon and grace, about %.0f scores are kept at a time",
		short(rate), config.FormatDuration(wait.Round(time.Second)), rate*wait.Seconds())
}
