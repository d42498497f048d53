package kafka

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"hindsight/app/config"
)

// Rights asks the cluster whether we may do what the stages need: read and
// write their topics, join their groups and use transactional ids that begin
// with the groups' names. A cluster that does not tell counts as allowing. The
// error joins every right that is missing, with what to grant.
func Rights(ctx context.Context, client *kgo.Client, cfg *config.Config, stages []config.Stage) error {
	var faults []error
	for _, check := range []func(context.Context, *kgo.Client, *config.Config, []config.Stage) ([]error, error){topicRights, groupRights, transactionRights} {
		missing, err := check(ctx, client, cfg, stages)
		if err != nil {
			return err
		}
		faults = append(faults, missing...)
	}
	return errors.Join(faults...)
}

// topicNeeds returns the operations that the stages need on each topic, in a fixed order.
func topicNeeds(cfg *config.Config, stages []config.Stage) (topics []string, needs map[string][]kadm.ACLOperation) {
	needs = map[string][]kadm.ACLOperation{}
	add := func(topic string, op kadm.ACLOperation) {
		if topic == "" {
			return
		}
		if !slices.Contains(topics, topic) {
			topics = append(topics, topic)
		}
		if !slices.Contains(needs[topic], op) {
			needs[topic] = append(needs[topic], op)
		}
	}
	t := cfg.Topics
	for _, stage := range stages {
		var reads, writes []string
		switch stage {
		case config.StageScore:
			reads, writes = []string{cfg.Events.Topic}, []string{t.Scores, t.DeadLetters}
		case config.StageJoin:
			reads = []string{t.Scores, cfg.Labels.Topic, t.LabelsRerouted}
			writes = []string{t.Outcomes, t.LabelsRerouted, t.Slices, t.DeadLetters}
		case config.StageWatch:
			reads, writes = []string{t.Slices, t.WatchState}, []string{t.WatchState, t.Windows, t.Alarms}
		}
		for _, topic := range reads {
			add(topic, kmsg.ACLOperationRead)
		}
		for _, topic := range writes {
			add(topic, kmsg.ACLOperationWrite)
		}
	}
	return topics, needs
}

func topicRights(ctx context.Context, client *kgo.Client, cfg *config.Config, stages []config.Stage) ([]error, error) {
	topics, needs := topicNeeds(cfg, stages)
	req := kmsg.NewPtrMetadataRequest()
	req.IncludeTopicAuthorizedOperations = true
	for _, topic := range topics {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = kmsg.StringPtr(topic)
		req.Topics = append(req.Topics, t)
	}
	resp, err := req.RequestWith(ctx, client)
	if err != nil {
		return nil, fmt.Errorf("rights on topics: %w", err)
	}
	granted := map[string]kmsg.MetadataResponseTopic{}
	for _, t := range resp.Topics {
		if t.Topic != nil {
			granted[*t.Topic] = t
		}
	}
	var faults []error
	for _, topic := range topics {
		g := granted[topic]
		if err := kerr.ErrorForCode(g.ErrorCode); errors.Is(err, kerr.TopicAuthorizationFailed) {
			faults = append(faults, fmt.Errorf("topic %s: may not be described; grant %s on it", topic, operations(needs[topic])))
			continue
		} else if err != nil {
			continue // missing: told with the topics
		}
		if missing := lacking(g.AuthorizedOperations, needs[topic]); len(missing) > 0 {
			faults = append(faults, fmt.Errorf("topic %s: the right %s is missing; grant it", topic, operations(missing)))
		}
	}
	return faults, nil
}

// lacking returns those of needs that are not in a bit field of operations.
func lacking(granted int32, needs []kadm.ACLOperation) []kadm.ACLOperation {
	if granted == math.MinInt32 || granted == 0 { // the broker does not tell
		return nil
	}
	var missing []kadm.ACLOperation
	have := kadm.DecodeACLOperations(granted)
	for _, op := range needs {
		if !slices.Contains(have, op) && !slices.Contains(have, kmsg.ACLOperationAll) {
			missing = append(missing, op)
		}
	}
	return missing
}

func operations(ops []kadm.ACLOperation) string {
	var names []string
	for _, op := range ops {
		names = append(names, op.String())
	}
	return strings.Join(names, " and ")
}

func groupRights(ctx context.Context, client *kgo.Client, cfg *config.Config, stages []config.Stage) ([]error, error) {
	var groups []string
	for _, s := range stages {
		groups = append(groups, cfg.Kafka.StageGroup(s))
	}
	var faults []error
	for _, s := range stages {
		group := cfg.Kafka.StageGroup(s)
		req := kmsg.NewPtrFindCoordinatorRequest()
		req.CoordinatorKey, req.CoordinatorKeys, req.CoordinatorType = group, []string{group}, 0
		if refused, err := coordinatorRefuses(ctx, client, req); err != nil {
			return nil, fmt.Errorf("rights on group %s: %w", group, err)
		} else if refused {
			faults = append(faults, fmt.Errorf("group %s: may not be used; grant READ on groups that begin with %s-", group, cfg.Kafka.Group))
		}
	}
	if len(faults) > 0 {
		return faults, nil
	}
	described, err := kadm.NewClient(client).DescribeGroups(ctx, groups...)
	if err != nil {
		return nil, nil // an old broker, or a group of the new protocol: it does not tell
	}
	for _, group := range groups {
		d, ok := described[group]
		if ok && d.Err == nil && len(d.AuthorizedOperations) > 0 && !slices.Contains(d.AuthorizedOperations, kmsg.ACLOperationRead) {
			faults = append(faults, fmt.Errorf("group %s: the right READ is missing; grant it on groups that begin with %s-", group, cfg.Kafka.Group))
		}
	}
	return faults, nil
}

func transactionRights(ctx context.Context, client *kgo.Client, cfg *config.Config, stages []config.Stage) ([]error, error) {
	if cfg.Kafka.Delivery != config.ExactlyOnce {
		return nil, nil
	}
	var faults []error
	for _, s := range stages {
		id := cfg.Kafka.StageGroup(s)
		req := kmsg.NewPtrFindCoordinatorRequest()
		req.CoordinatorKey, req.CoordinatorKeys, req.CoordinatorType = id, []string{id}, 1
		if refused, err := coordinatorRefuses(ctx, client, req); err != nil {
			return nil, fmt.Errorf("rights on transactional ids: %w", err)
		} else if refused {
			faults = append(faults, fmt.Errorf("transactional id %s: may not be used; grant WRITE and DESCRIBE on transactional ids that begin with %s-", id, cfg.Kafka.Group))
		}
	}
	return faults, nil
}

// coordinatorRefuses asks for a coordinator, which needs the right to describe
// what it coordinates.
func coordinatorRefuses(ctx context.Context, client *kgo.Client, req *kmsg.FindCoordinatorRequest) (bool, error) {
	resp, err := req.RequestWith(ctx, client)
	if err != nil {
		return false, err
	}
	codes := []int16{resp.ErrorCode}
	for _, c := range resp.Coordinators {
		codes = append(codes, c.ErrorCode)
	}
	for _, code := range codes {
		err := kerr.ErrorForCode(code)
		if errors.Is(err, kerr.GroupAuthorizationFailed) || errors.Is(err, kerr.TransactionalIDAuthorizationFailed) {
			return true, nil
		}
	}
	return false, nil
}
