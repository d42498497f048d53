package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/audit"
	"hindsight/app/config"
	"hindsight/app/rules"
	"hindsight/consumer"
	"hindsight/drift"
	"hindsight/schemas"
)

// AuditOptions say how an audit is done.
type AuditOptions struct {
	Limit        int          // most violations listed of each rule
	RegistryHTTP *http.Client // for somebody else's scores; nil: by TCP
	// Waits is told why an audit waits for the coordinator of a group. nil: nobody is.
	Waits func(error)
	// Progress is told, for each topic, how many of its offsets are read. nil: nobody is.
	Progress func(topic string, done, total int64)
}

// auditTries is how often an audit begins anew because retention deleted what
// it was about to read.
const auditTries = 3

// Audit checks the laws on what the topics and the commits hold, of a system
// that runs or stands still. The error says that it could not be done; what it
// found is in the report.
func Audit(ctx context.Context, client []kgo.Opt, admin *kadm.Client, cfg *config.Config, o AuditOptions) (*audit.Report, error) {
	for try := 1; ; try++ {
		scores, err := NewScoreReader(cfg, o.RegistryHTTP)
		if err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		r := &auditReader{config: cfg, client: client, admin: admin, progress: o.Progress, scores: scores, waits: o.Waits}
		r.fetch = func(ctx context.Context, spans []span, visit func(*kgo.Record) error) error {
			return readSpans(ctx, client, spans, visit)
		}
		report, err := r.run(ctx, o.Limit)
		if errors.Is(err, kerr.OffsetOutOfRange) && try < auditTries {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		return report, nil
	}
}

// auditReader brings the records to the auditor in the order that it asks for.
type auditReader struct {
	config   *config.Config
	client   []kgo.Opt
	admin    *kadm.Client
	progress func(topic string, done, total int64)
	waits    func(error)
	fetch    func(ctx context.Context, spans []span, visit func(*kgo.Record) error) error

	auditor *audit.Auditor
	extents audit.Extents
	done    map[string]int64 // offsets read, by topic
	score   schemas.Score
	scores  *ScoreReader
	sources map[int32]*auditSource // of somebody else's scores
	outcome schemas.Outcome
}

func (r *auditReader) run(ctx context.Context, limit int) (*audit.Report, error) {
	state, err := r.state(ctx)
	if err != nil {
		return nil, err
	}
	r.extents = state.Extents
	options, err := r.options(ctx, limit)
	if err != nil {
		return nil, err
	}
	return r.judge(ctx, options, state)
}

// judge gives the auditor the records in its order.
func (r *auditReader) judge(ctx context.Context, options audit.Options, state audit.State) (*audit.Report, error) {
	r.extents, r.done, r.sources = state.Extents, map[string]int64{}, map[int32]*auditSource{}
	r.auditor = audit.New(options, state)
	names := r.config.Topics
	for _, step := range []struct {
		topic string
		visit func(*kgo.Record) error
	}{
		{names.DeadLetters, r.deadLetter},
		{options.Topics.Events, func(rec *kgo.Record) error { r.auditor.Event(rec.Partition, rec.Offset); return nil }},
		{r.config.Labels.Topic, func(rec *kgo.Record) error { r.auditor.Label(rec.Partition, rec.Offset); return nil }},
		{names.LabelsRerouted, r.rerouted},
	} {
		if err := r.read(ctx, step.topic, slices.Sorted(maps.Keys(r.extents[step.topic])), step.visit); err != nil {
			return nil, err
		}
	}
	for _, p := range slices.Sorted(maps.Keys(r.extents[names.Scores])) {
		if err := r.read(ctx, names.Scores, []int32{p}, r.scored); err != nil {
			return nil, err
		}
		if err := r.read(ctx, names.Outcomes, []int32{p}, r.decided); err != nil {
			return nil, err
		}
		r.auditor.EndPartition(p)
	}
	for _, step := range []struct {
		topic string
		visit func(*kgo.Record) error
	}{{names.Windows, r.window}, {names.Alarms, r.alarm}, {names.WatchState, r.memory}, {names.Slices, r.slice}} {
		if err := r.read(ctx, step.topic, slices.Sorted(maps.Keys(r.extents[step.topic])), step.visit); err != nil {
			return nil, err
		}
	}
	return r.auditor.Report(), nil
}

// state reads the commits, last stage first, and then how far the topics
// reach: what one stage has read, the one before had committed, and whatever
// was committed lies before the ends.
func (r *auditReader) state(ctx context.Context) (audit.State, error) {
	var s audit.State
	kafka, names := r.config.Kafka, r.config.Topics
	commits := map[config.Stage]groupCommits{}
	for _, stage := range []config.Stage{config.StageWatch, config.StageJoin, config.StageScore} {
		c, err := electedCommits(ctx, r.admin, kafka.StageGroup(stage), r.waits)
		if err != nil {
			return s, err
		}
		for topic, partitions := range c {
			for p, at := range partitions {
				if at.Err != nil {
					return s, fmt.Errorf("commit of group %s for %s/%d: %w", kafka.StageGroup(stage), topic, p, at.Err)
				}
			}
		}
		commits[stage] = c
	}
	score, join, watch := commits[config.StageScore], commits[config.StageJoin], commits[config.StageWatch]
	add := func(c groupCommits) func(sourceID, sourceCommit) {
		return func(id sourceID, m sourceCommit) {
			s.Sources = append(s.Sources, audit.SourceCommit{
				Topic: id.topic, Partition: id.partition, Offset: c.offset(id.topic, id.partition), Clock: m.Clock,
				Read: m.Read, Scored: m.Scored, InPlace: m.InPlace, Rerouted: m.Rerouted, DeadLetters: m.DeadLetters, Lost: m.Lost,
			})
		}
	}
	err := score.sources(r.config.Events.Topic, add(score))
	if r.config.Scores.Foreign() {
		err = join.foreign(names.Scores, names.LabelsRerouted, add(join))
	}
	if err == nil {
		err = join.sources(r.config.Labels.Topic, add(join))
	}
	if err != nil {
		return s, err
	}
	for _, p := range join.partitions(names.Scores) {
		m := newJoinCommit()
		if err := decodeCommit(names.Scores, p, join.metadata(names.Scores, p), &m); err != nil {
			return s, err
		}
		s.Joins = append(s.Joins, audit.JoinCommit{
			Partition: p, Scores: join.offset(names.Scores, p), Rerouted: max(0, join.offset(names.LabelsRerouted, p)), Status: m.Status,
		})
	}
	for _, p := range watch.partitions(names.Slices) {
		m := watchCommit{Judged: schemas.Beginning}
		if err := decodeCommit(names.Slices, p, watch.metadata(names.Slices, p), &m); err != nil {
			return s, err
		}
		s.Watches = append(s.Watches, audit.WatchCommit{Partition: p, Offset: watch.offset(names.Slices, p), Floor: m.Floor, Judged: m.Judged})
	}
	s.Extents, err = r.reach(ctx)
	return s, err
}

// reach reads where the logs begin and end now.
func (r *auditReader) reach(ctx context.Context) (audit.Extents, error) {
	names := r.config.Topics
	source, _ := r.config.Source()
	topics := slices.DeleteFunc([]string{
		source, r.config.Labels.Topic, names.Scores, names.Outcomes, names.LabelsRerouted, names.Slices,
		names.Windows, names.Alarms, names.WatchState, names.DeadLetters,
	}, func(topic string) bool { return topic == "" })
	slices.Sort(topics)
	return r.extentsOf(ctx, slices.Compact(topics)...)
}

func (r *auditReader) extentsOf(ctx context.Context, topics ...string) (audit.Extents, error) {
	there, err := r.admin.ListTopics(ctx, topics...)
	if err != nil {
		return nil, fmt.Errorf("list topics: %w", err)
	}
	var missing []string
	for _, topic := range topics {
		if len(there[topic].Partitions) == 0 {
			missing = append(missing, topic)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("topics %q are not there: events and labels are made by their producers, ours by `hindsight topics create`", missing)
	}
	at, err := offsets(ctx, r.admin.ListEndOffsets, topics...)
	if err != nil {
		return nil, err
	}
	starts, err := offsets(ctx, r.admin.ListStartOffsets, topics...)
	if err != nil {
		return nil, err
	}
	extents := audit.Extents{}
	for topic, partitions := range at {
		extents[topic] = map[int32]audit.Extent{}
		for p, end := range partitions {
			extents[topic][p] = audit.Extent{First: min(starts[topic][p], end), End: end}
		}
	}
	return extents, nil
}

func (r *auditReader) options(ctx context.Context, limit int) (audit.Options, error) {
	cfg, names := r.config, r.config.Topics
	place, err := consumer.PartitionerNamed(cfg.Scores.Partitioner)
	if err != nil {
		return audit.Options{}, err
	}
	source, _ := cfg.Source()
	o := audit.Options{
		Topics: audit.Topics{
			Events: source, Labels: cfg.Labels.Topic, Scores: names.Scores, Outcomes: names.Outcomes, Rerouted: names.LabelsRerouted,
			Slices: names.Slices, Windows: names.Windows, Alarms: names.Alarms, WatchState: names.WatchState, DeadLetters: names.DeadLetters,
		},
		Place: place, AtLeastOnce: cfg.Kafka.Delivery == config.AtLeastOnce,
		Tick: cfg.Watch.Tick, Settle: cfg.Labels.Longest() + cfg.Labels.Grace, Skew: cfg.MaxSkew(),
		Windows: map[string]schemas.Clock{}, Confidence: drift.DefaultConfidence, Limit: limit,
	}
	specs := rules.WindowSpecs(cfg.Watch.Windows)
	for _, w := range specs {
		o.Windows[w.Name] = w.Clock
	}
	if o.EventWidth, err = drift.Width(specs, schemas.EventClock, cfg.Watch.Slice); err != nil {
		return o, err
	}
	if o.LabelWidth, err = drift.Width(specs, schemas.LabelClock, cfg.Watch.Slice); err != nil {
		return o, err
	}
	o.Compacted, err = r.compacted(ctx, names.Windows, names.Alarms, names.WatchState)
	return o, err
}
