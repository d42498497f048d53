package cli

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"

	"hindsight/app/config"
	"hindsight/app/kafka"
)

func newTopicsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "topics",
		Short: "Make the topics that are ours, or compare them with what is needed",
		Example: `  hindsight topics create -c hindsight.yaml
  hindsight topics describe -c hindsight.yaml`,
	}
	c.AddCommand(newTopicsCreateCommand(), newTopicsDescribeCommand())
	return c
}

func newTopicsCreateCommand() *cobra.Command {
	var file string
	var output outputFlag
	var partitions int32
	c := &cobra.Command{
		Use:   "create -c FILE",
		Short: "Make those of our topics that are missing",
		Long: `Make those of our topics that are missing, with the partitions and the retention
that the configuration needs. Topics that are there stay as they are, so it may
be run again. The topics of events and labels are never made: they belong to
their producers. Scores must have as many partitions as events, so that topic
must be there, or --partitions say how many it will have. Where another program
writes topics.scores, that is never made either.`,
		Example: `  hindsight topics create -c hindsight.yaml
  hindsight topics create -c hindsight.yaml --partitions 12`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return withAdmin(c.Context(), file, func(admin *kadm.Client, cfg *config.Config) error {
				return createTopics(c, admin, cfg, partitions, output)
			})
		},
	}
	c.Flags().Int32Var(&partitions, "partitions", 0, "that events will have, where it is not there yet")
	addConfigFlag(c, &file)
	addOutputFlag(c, &output)
	return c
}

// withAdmin loads the configuration and calls do with a connection to the cluster.
func withAdmin(ctx context.Context, file string, do func(*kadm.Client, *config.Config) error) error {
	cfg, err := config.Load(file)
	if err != nil {
		return err
	}
	if err := needBrokers(cfg); err != nil {
		return err
	}
	client, err := kafka.Connect(ctx, cfg.Kafka, nil)
	if err != nil {
		return err
	}
	defer client.Close()
	return do(kadm.NewClient(client), cfg)
}

// needBrokers is for commands that use the cluster but no consumer group.
func needBrokers(cfg *config.Config) error {
	if len(cfg.Kafka.Brokers) == 0 {
		return usagef("%s: kafka.brokers is required: the addresses of the brokers, such as [127.0.0.1:9092]", cfg.File())
	}
	return nil
}

func createTopics(c *cobra.Command, admin *kadm.Client, cfg *config.Config, partitions int32, output outputFlag) error {
	if partitions < 0 {
		return usagef("--partitions %d: a topic has at least one", partitions)
	}
	made, err := kafka.Create(c.Context(), admin, cfg, kafka.Creation{Events: partitions})
	if output == asJSON {
		rows := []map[string]any{}
		for _, m := range made {
			rows = append(rows, map[string]any{"topic": m.Name, "partitions": m.Partitions, "created": m.Created})
		}
		if werr := writeJSON(c.OutOrStdout(), rows); werr != nil {
			return werr
		}
		return err
	}
	if len(made) > 0 {
		t := newTable(c.OutOrStdout(), "TOPIC:16", "PARTITIONS", "STATE")
		for _, m := range made {
			state := "was there"
			if m.Created {
				state = "created"
			}
			t.row(m.Name, strconv.Itoa(int(m.Partitions)), state)
		}
		if t.err != nil {
			return t.err
		}
	}
	if err != nil {
		return err
	}
	return noteMissingEvents(c, admin, cfg)
}

// noteMissingEvents tells that the count of partitions was not ours to know.
func noteMissingEvents(c *cobra.Command, admin *kadm.Client, cfg *config.Config) error {
	counts, err := kafka.CountsOf(c.Context(), admin, cfg)
	if err == nil && cfg.Events.Topic != "" && counts.Events == 0 && !cfg.Scores.Foreign() {
		fmt.Fprintf(c.ErrOrStderr(), "note: topic %s is not there yet; make it with %s, as many as %s has\n",
			cfg.Events.Topic, counted(int(counts.Scores), "partition"), cfg.Topics.Scores)
	}
	return err
}

func newTopicsDescribeCommand() *cobra.Command {
	var file string
	var output outputFlag
	c := &cobra.Command{
		Use:   "describe -c FILE",
		Short: "Compare the topics with what is needed; exit 1 on a fault",
		Long: `Show the topics as they are, and what is wrong with them: missing, other counts of
partitions than they must have, records kept too short for the horizon. Every
fault comes with the command that cures it.`,
		Example: `  hindsight topics describe -c hindsight.yaml
  hindsight topics describe -c hindsight.yaml -o json | jq '.[] | select(.faults != [])'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return withAdmin(c.Context(), file, func(admin *kadm.Client, cfg *config.Config) error {
				all, err := kafka.Describe(c.Context(), admin, cfg)
				if err != nil {
					return err
				}
				return describeTopics(c, all, output)
			})
		},
	}
	addConfigFlag(c, &file)
	addOutputFlag(c, &output)
	return c
}

// topicRow is a topic in JSON.
type topicRow struct {
	Topic      string   `json:"topic"`
	Key        string   `json:"key"`
	Exists     bool     `json:"exists"`
	Partitions int32    `json:"partitions"`
	Replicas   int      `json:"replicas"`
	Cleanup    string   `json:"cleanup"`
	Retention  string   `json:"retention"`
	Needs      string   `json:"needs"`
	Faults     []string `json:"faults"`
}

func describeTopics(c *cobra.Command, all []kafka.Status, output outputFlag) error {
	rows, faults := []topicRow{}, 0
	for _, s := range all {
		row := topicRow{Topic: s.Name, Key: s.Key, Exists: s.Exists, Partitions: s.Have, Replicas: s.Replicas, Faults: append([]string{}, s.Faults...)}
		if s.Exists {
			row.Cleanup, row.Retention = s.HasCleanup, retention(s.Keeps())
		}
		if s.Ours || s.Foreign {
			row.Needs = retention(s.Retention)
		}
		rows, faults = append(rows, row), faults+len(s.Faults)
	}
	var err error
	if output == asJSON {
		err = writeJSON(c.OutOrStdout(), rows)
	} else {
		err = topicTable(c, rows)
	}
	if err == nil && faults > 0 {
		err = failedf("%s", counted(faults, "fault"))
	}
	return err
}

func topicTable(c *cobra.Command, rows []topicRow) error {
	t := newTable(c.OutOrStdout(), "TOPIC:16", "PARTITIONS", "REPLICAS", "CLEANUP:14", "KEEPS:9", "NEEDS:9", "STATE")
	for _, r := range rows {
		partitions, replicas, state := "", "", "well"
		if r.Exists {
			partitions, replicas = strconv.Itoa(int(r.Partitions)), strconv.Itoa(r.Replicas)
		}
		if len(r.Faults) > 0 {
			state = counted(len(r.Faults), "fault")
		}
		t.row(r.Topic, partitions, replicas, r.Cleanup, r.Retention, r.Needs, state)
	}
	for _, r := range rows {
		for _, f := range r.Faults {
			if t.err == nil {
				_, t.err = fmt.Fprintf(c.OutOrStdout(), "\n%s: %s\n", r.Topic, f)
			}
		}
	}
	return t.err
}

func retention(d time.Duration) string {
	if d == kafka.Unlimited {
		return "for ever"
	}
	return config.FormatDuration(d)
}

// counted writes "1 fault" or "3 faults".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
