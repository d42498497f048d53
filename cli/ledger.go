package cli

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"

	"hindsight/app"
	"hindsight/app/config"
	"hindsight/app/kafka"
)

func newLedgerCommand() *cobra.Command {
	var file, id string
	var samples int
	var search int64
	var output outputFlag
	c := &cobra.Command{
		Use:   "ledger -c FILE",
		Short: "Show where every event, score and label ended, or the story of one event",
		Long: `Show where every event, score and label ended. The sums, from the commits of
the stages, add up to the input; records between two stages are in transit.
Beside each bucket stand the latest ids in it, found among the newest records
of each topic; --search says how many are looked at where a bucket is rare.

With --id it tells the story of one event in order of time: when the event was
published and from where, which version scored it, which labels came from which
partition and offset, what became of each of them and why, what still waits for
what, and what was set aside. A label that found no score has a story too.

It reads topics and commits alone: nobody's state, and no stage need run.
Exit 1 where the sums do not add up, or nothing is known of the id.`,
		Example: `  hindsight ledger -c hindsight.yaml
  hindsight ledger -c hindsight.yaml --samples 20 --search 0 -o json
  hindsight ledger -c hindsight.yaml --id 4711`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if search < 0 {
				return usagef("--search %d: it cannot be negative", search)
			}
			return withInquiry(c, file, func(ask *app.Inquiry) error {
				if id != "" {
					return showStory(c, ask, id, output)
				}
				return showLedger(c, ask, samples, search, output)
			})
		},
	}
	addConfigFlag(c, &file)
	addOutputFlag(c, &output)
	c.Flags().StringVar(&id, "id", "", "the story of one event `ID`")
	c.Flags().IntVar(&samples, "samples", 5, "show up to `N` of the latest ids of each bucket, 0 for none")
	c.Flags().Int64Var(&search, "search", app.SampleSearch, "look for them in about the newest `N` records of each topic, 0 for all")
	return c
}

// withInquiry connects to the brokers of a configuration.
func withInquiry(c *cobra.Command, file string, do func(*app.Inquiry) error) error {
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
	return do(&app.Inquiry{Client: opts, Admin: kadm.NewClient(client), Config: cfg})
}

// ledgerJSON is what -o json prints.
type ledgerJSON struct {
	*app.Ledger
	Samples *app.Samples `json:"samples,omitempty"`
}

func showLedger(c *cobra.Command, ask *app.Inquiry, n int, search int64, output outputFlag) error {
	l, err := app.ReadLedger(c.Context(), ask.Admin, ask.Config)
	if err != nil {
		return err
	}
	if search == 0 {
		search = math.MaxInt64
	}
	var samples *app.Samples
	if n > 0 {
		if samples, err = ask.Samples(c.Context(), l, n, search); err != nil {
			return err
		}
	}
	if output == asJSON {
		err = writeJSON(c.OutOrStdout(), ledgerJSON{l, samples})
	} else {
		err = ledgerTable(c, l, samples)
	}
	if err != nil {
		return err
	}
	if l.Imbalance != 0 {
		return failedf("the sums do not add up: %v", l.Faults())
	}
	return nil
}

func ledgerTable(c *cobra.Command, l *app.Ledger, samples *app.Samples) error {
	if samples == nil {
		samples = &app.Samples{Whole: true}
	}
	t := newTable(c.OutOrStdout(), "WHAT:7", "BECAME:12", "N:10", "LATEST IDS")
	row := func(what, became string, n int64, ids []app.Sample) {
		t.row(what, became, strconv.FormatInt(n, 10), sampleText(ids))
	}
	row("events", "read", l.Events, nil)
	row("", "scored", l.Scores, nil)
	row("", "dead_letter", l.EventDeadLetters, samples.Events["dead_letter"])
	row("scores", "published", l.Scores, nil)
	for _, kind := range slices.Sorted(maps.Keys(l.Outcomes)) {
		row("", kind, l.Outcomes[kind], samples.Scores[kind])
	}
	row("", "in transit", l.ScoresInTransit, nil)
	row("labels", "read", l.LabelsRead, nil)
	for _, fate := range slices.Sorted(maps.Keys(l.Labels)) {
		row("", fate, l.Labels[fate], samples.Labels[fate])
	}
	row("", "in transit", l.LabelsInTransit, nil)
	if t.err == nil && !samples.Whole {
		_, t.err = fmt.Fprintf(c.OutOrStdout(), "\n%d records were looked at for the ids, the newest of each topic, and not all: --search N looks at more, 0 at all\n", samples.Searched)
	}
	return t.err
}

// sampleText lists ids; what has none is named by its place.
func sampleText(all []app.Sample) string {
	var ids []string
	for _, s := range all {
		switch {
		case s.ID == "":
			ids = append(ids, fmt.Sprintf("%s/%d@%d (%s)", s.Topic, s.Partition, s.Offset, s.Why))
		case s.Why != "":
			ids = append(ids, fmt.Sprintf("%s (%s)", s.ID, s.Why))
		default:
			ids = append(ids, s.ID)
		}
	}
	return strings.Join(ids, " ")
}

// showStory tells what happened to one event and its labels.
func showStory(c *cobra.Command, ask *app.Inquiry, id string, output outputFlag) error {
	story, err := ask.Story(c.Context(), id)
	if err != nil {
		return err
	}
	if output == asJSON {
		return writeJSON(c.OutOrStdout(), story)
	}
	for _, line := range story.Lines() {
		if line != "" {
			line = printable(line)
		}
		fmt.Fprintln(c.OutOrStdout(), line)
	}
	if !story.Found() {
		return failedf("no score, label or dead letter of event %q is in the topics: is the id right, and is their retention long enough?", id)
	}
	return nil
}
