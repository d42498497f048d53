package cli

import (
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"

	"hindsight/app"
	"hindsight/app/config"
	"hindsight/app/kafka"
	"hindsight/scoring"
)

func (k *checker) checkBrokers() {
	client, err := kafka.Connect(k.ctx, k.cfg.Kafka, nil, kafka.ReadOptions()...)
	if err != nil {
		k.fault("brokers", err)
		return
	}
	k.client = client
	brokers, err := kafka.BrokersOf(k.ctx, kadm.NewClient(client))
	if err != nil {
		k.fault("brokers", err)
		return
	}
	k.ok("brokers", "%s: %s, Kafka %s, transaction.version %d", strings.Join(k.cfg.Kafka.Brokers, ", "), counted(brokers.N, "broker"), brokers.Version, brokers.TransactionVersion)
	if risk := brokers.Risk(k.cfg.Kafka); risk != "" {
		k.note("brokers", "%s", risk)
	}
}

func (k *checker) checkTopics() {
	if k.client == nil {
		k.skip("topics", "no broker answers")
		return
	}
	all, err := kafka.Describe(k.ctx, kadm.NewClient(k.client), k.cfg)
	if err != nil {
		k.fault("topics", err)
		return
	}
	k.topics = map[string]kafka.Status{}
	used := 0
	for _, s := range all {
		k.topics[s.Key] = s
		if len(kafka.UsedBy([]kafka.Topic{s.Topic}, k.stages)) > 0 {
			used++
		}
	}
	if err := kafka.FaultsFor(all, k.stages); err != nil {
		k.fault("topics", err)
		return
	}
	k.ok("topics", "%s with the partitions and the retention that are needed", counted(used, "topic"))
}

func (k *checker) checkRights() {
	if k.client == nil {
		k.skip("rights", "no broker answers")
		return
	}
	if err := kafka.Rights(k.ctx, k.client, k.cfg, k.stages); err != nil {
		k.fault("rights", err)
		return
	}
	k.ok("rights", "topics, groups and transactional ids of %s", k.cfg.Kafka.Group)
}

func (k *checker) checkBundle() {
	if !k.runs(config.StageScore) {
		return
	}
	bundle, certificate, err := app.LoadBundle(k.ctx, k.cfg.Model)
	if err != nil {
		k.fault("bundle", err)
		return
	}
	k.bundle = bundle
	var passed, missing []string
	for _, c := range certificate.Checks {
		switch c.Result {
		case scoring.Passed:
			passed = append(passed, c.Name)
		case scoring.NotShown:
			missing = append(missing, c.Name)
		}
	}
	text := ""
	if len(missing) > 0 {
		text = "; not shown: " + strings.Join(missing, ", ")
	}
	k.ok("bundle", "%s in %s passed %s%s", bundle.Ref(), bundle.Dir(), strings.Join(passed, ", "), text)
}
