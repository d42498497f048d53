package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"

	"hindsight/app"
	"hindsight/app/config"
	"hindsight/app/kafka"
)

func newLedgerCommand() *cobra.Command {
	var file, id string
	var output outputFlag
	c := &cobra.Command{
		Use:   "ledger -c FILE",
		Short: "Show where every event, score and label ended",
		Long: `Show where every event, score and label ended, from the commits of the stages
alone. The sums add up to the input; records between two stages are in transit.
With --id it tells the story of one event: its score, and each of its outcomes.

Exit 1 where the sums do not add up.`,
		Example: `  hindsight ledger -c hindsight.yaml
  hindsight ledger -c hindsight.yaml --id 4711`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if id != "" {
				return showStory(c, file, id, output)
			}
			return withAdmin(c.Context(), file, func(admin *kadm.Client, cfg *config.Config) error {
				return showLedger(c, admin, cfg, output)
			})
		},
	}
	addConfigFlag(c, &file)
	addOutputFlag(c, &output)
	c.Flags().StringVar(&id, "id", "", "the story of one event `ID`")
	return c
}

func showLedger(c *cobra.Command, admin *kadm.Client, cfg *config.Config, output outputFlag) error {
	l, err := app.ReadLedger(c.Context(), admin, cfg)
	if err != nil {
		return err
	}
	if output == asJSON {
		if err := writeJSON(c.OutOrStdout(), l); err != nil {
			return err
		}
	} else {
		t := newTable(c.OutOrStdout(), "WHAT:7", "BECAME:12", "N")
		row := func(what, became string, n int64) { t.row(what, became, strconv.FormatInt(n, 10)) }
		row("events", "read", l.Events)
		row("-", "scored", l.Scores)
		row("", "dead_letter", l.EventDeadLetters)
		row("scores", "published", l.Scores)
		for _, kind := range slices.Sorted(maps.Keys(l.Outcomes)) {
			row("", kind, l.Outcomes[kind])
		}
		row("", "in transit", l.ScoresInTransit)
		row("labels", "read", l.LabelsRead)
		for _, fate := range slices.Sorted(maps.Keys(l.Labels)) {
			row("", fate, l.Labels[fate])
		}
		row("", "in transit", l.LabelsInTransit)
		if t.err != nil {
			return t.err
		}
	}
	if l.Imbalance != 0 {
		return failedf("the sums do not add up: %v", l.Faults())
	}
	return nil
}

// showStory tells one event's score and outcomes in the order of their topics.
func showStory(c *cobra.Command, file, id string, output outputFlag) error {
	cfg, err := config.Load(file)
	if err != nil {
		return err
	}
	if err := needBrokers(cfg); err != nil {
		return err
	}
	client, err := kafka.Connect(c.Context(), cfg.Kafka, nil)
	if err != nil {
		return err
	}
	defer client.Close()
	opts, err := kafka.Options(cfg.Kafka, nil)
	if err != nil {
		return err
	}
	story, err := app.ReadStory(context.WithoutCancel(c.Context()), opts, kadm.NewClient(client), cfg, id)
	if err != nil {
		return err
	}
	if output == asJSON {
		return writeJSON(c.OutOrStdout(), story)
	}
	for _, line := range story.Lines() {
		fmt.Fprintln(c.OutOrStdout(), line)
	}
	if !story.Found() {
		return failedf("no score and no label of event %q is in the topics: is the id right, and is their retention long enough?", id)
	}
	return nil
}
