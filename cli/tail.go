package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/app/kafka"
)

func newTailCommand() *cobra.Command {
	var file string
	var output outputFlag
	var follow follower
	from := fromFlag{at: fromStart}
	c := &cobra.Command{
		Use:   "tail -c FILE scores|outcomes|windows|alarms|dead-letters",
		Short: "Read one of our topics as a table or JSON",
		Long: `Read one of our topics, committed records only, outside any consumer group: it
changes nothing and may run beside the service. Without --until-end it goes on
until it is interrupted.`,
		Example: `  hindsight tail -c hindsight.yaml windows --until-end
  hindsight tail -c hindsight.yaml alarms --from end
  hindsight tail -c hindsight.yaml dead-letters --from 2026-11-23T00:00:00Z -n 10
  hindsight tail -c hindsight.yaml outcomes --until-end -o json | jq 'select(.kind == "matched")'`,
		Args:      tailArgs,
		ValidArgs: tailNames(),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := config.Load(file)
			if err != nil {
				return err
			}
			if err := needBrokers(cfg); err != nil {
				return err
			}
			follow.from = from.at
			what := tailed()[args[0]]
			if args[0] == "scores" && cfg.Scores.Foreign() {
				if what.read, err = foreignScores(c.Context(), cfg); err != nil {
					return err
				}
			}
			return tail(c, cfg, what, follow, output)
		},
	}
	addConfigFlag(c, &file)
	addOutputFlag(c, &output)
	c.Flags().Var(&from, "from", "where to begin")
	c.Flags().BoolVar(&follow.untilEnd, "until-end", false, "stop at what is the end now")
	c.Flags().Int64VarP(&follow.most, "number", "n", 0, "stop after `N` records; 0: no limit")
	return c
}

// tailTopic is how one kind of topic is shown.
type tailTopic struct {
	topic func(config.Topics) string
	heads []string
	read  func(*kgo.Record) (shown, error)
}

// shown is one record for people and for programs.
type shown struct {
	cells []string
	json  any
}

// tailed are the topics that tail can show, by the word on the command line.
func tailed() map[string]tailTopic {
	return map[string]tailTopic{
		"scores":       {func(t config.Topics) string { return t.Scores }, scoreHeads(), readScore},
		"outcomes":     {func(t config.Topics) string { return t.Outcomes }, outcomeHeads(), readOutcome},
		"windows":      {func(t config.Topics) string { return t.Windows }, windowHeads(), readWindow},
		"alarms":       {func(t config.Topics) string { return t.Alarms }, alarmHeads(), readAlarm},
		"dead-letters": {func(t config.Topics) string { return t.DeadLetters }, deadLetterHeads(), readDeadLetter},
	}
}

func tailArgs(_ *cobra.Command, args []string) error {
	if _, ok := tailed()[strings.Join(args, " ")]; !ok {
		return usagef("%q: name one of scores, outcomes, windows, alarms and dead-letters", strings.Join(args, " "))
	}
	return nil
}

func tailNames() []string { return slices.Sorted(maps.Keys(tailed())) }

func tail(c *cobra.Command, cfg *config.Config, what tailTopic, follow follower, output outputFlag) error {
	ctx := c.Context()
	topic := what.topic(cfg.Topics)
	client, err := kafka.Connect(ctx, cfg.Kafka, nil, kafka.ReadOptions()...)
	if err != nil {
		return err
	}
	defer client.Close()
	var rows *table
	if output == asTable {
		rows = newTable(c.OutOrStdout(), what.heads...)
	}
	unread := 0
	err = follow.records(ctx, client, topic, func(r *kgo.Record) error {
		if r.Value == nil { // a tombstone: its key is gone
			return nil
		}
		s, err := what.read(r)
		if err != nil {
			unread++
			fmt.Fprintf(c.ErrOrStderr(), "%s partition %d offset %d: %v\n", r.Topic, r.Partition, r.Offset, err)
			return nil
		}
		if output == asJSON {
			return writeLine(c.OutOrStdout(), s.json)
		}
		rows.row(s.cells...)
		return rows.err
	})
	if ctx.Err() != nil { // interrupted: the usual end
		return nil
	}
	if err == nil && unread > 0 {
		err = failedf("%s could not be read", counted(unread, "record"))
	}
	return err
}

// Where to begin, beside an instant: milliseconds of the epoch.
const (
	fromStart int64 = -2
	fromEnd   int64 = -1
)

// fromFlag is start, end or an instant.
type fromFlag struct{ at int64 }

// Type names the form in help.
func (f *fromFlag) Type() string { return "start|end|TIME" }

func (f *fromFlag) String() string {
	switch f.at {
	case fromStart:
		return "start"
	case fromEnd:
		return "end"
	}
	return time.UnixMilli(f.at).UTC().Format(time.RFC3339Nano)
}

// Set accepts start, end and RFC 3339.
func (f *fromFlag) Set(s string) error {
	switch s {
	case "start":
		f.at = fromStart
	case "end":
		f.at = fromEnd
	default:
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil || t.UnixMilli() < 0 {
			return fmt.Errorf("allowed are start, end and a time such as 2026-11-23T00:00:00Z")
		}
		f.at = t.UnixMilli()
	}
	return nil
}
