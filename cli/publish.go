package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"hindsight/app/config"
	"hindsight/app/publish"
)

// publishFlags are the flags of publish.
type publishFlags struct {
	config      string
	rate        float64
	key         string
	sort        bool
	partitioner string
	partitions  int32
	schema      string
}

func newPublishCommand() *cobra.Command {
	var f publishFlags
	c := &cobra.Command{
		Use:   "publish -c FILE events|labels DATA",
		Short: "Put rows of CSV, NDJSON or Avro onto the topic of events or labels",
		Long: `Put rows onto the topic of events or labels, as Avro records stamped with the
rows' own times.

DATA is CSV with a header, NDJSON, or an Avro object container file, by its name
.csv, .ndjson or .avro; .gz may follow. Columns map to the fields of the schema by
name or alias, and a dotted name walks into records. Times are RFC 3339 or
YYYY-MM-DD HH:MM:SS[.fff] in UTC. An empty cell is a missing value.

The schema is that of the configuration or of --schema; else, with the confluent
wire, the newest of the registry; else the one inside an Avro file. A topic that
is not there is made, and keeps its records for ever.`,
		Example: `  hindsight publish -c hindsight.yaml events loans.csv.gz
  hindsight publish -c hindsight.yaml labels repaid.ndjson --rate 500
  hindsight publish -c hindsight.yaml labels repaid.csv --partitioner crc32   # as librdkafka would`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 || args[0] != "events" && args[0] != "labels" {
				return fmt.Errorf("want events or labels, and a file of rows")
			}
			return nil
		},
		ValidArgs: []string{"events", "labels"},
		RunE: func(c *cobra.Command, args []string) error {
			return runPublish(c, f, args[0], args[1])
		},
	}
	addConfigFlag(c, &f.config)
	c.Flags().Float64Var(&f.rate, "rate", 0, "records a second; 0 is as many as the brokers take")
	c.Flags().StringVar(&f.key, "key", "", "`FIELD` that becomes the key (default: the id of the configuration)")
	c.Flags().BoolVar(&f.sort, "sort", false, "put the rows in the order of their times; without it, one that goes back is refused")
	c.Flags().StringVar(&f.partitioner, "partitioner", config.Murmur2, "how keys find their partition: murmur2, crc32 or fnv1a")
	c.Flags().Int32Var(&f.partitions, "partitions", 0, "of a topic that is not there yet; 0 is the broker's default")
	c.Flags().StringVar(&f.schema, "schema", "", "Avro schema `FILE`")
	return c
}

func runPublish(c *cobra.Command, f publishFlags, section, data string) error {
	if !(f.rate >= 0) { // NaN too
		return usagef("--rate %v: must be 0 or more", f.rate)
	}
	if f.partitions < 0 {
		return usagef("--partitions %d: must be 0 or more", f.partitions)
	}
	place, err := publish.PartitionerNamed(f.partitioner)
	if err != nil {
		return usagef("--partitioner: %v", err)
	}
	cfg, err := config.Load(f.config)
	if err != nil {
		return err
	}
	in, err := publish.InputOf(cfg, section, f.key)
	if err != nil {
		return err
	}
	stderr := newProgress(c.ErrOrStderr())
	sum, err := publish.Run(c.Context(), cfg, publish.Job{
		Input: in, Data: data, SchemaFile: f.schema, Sort: f.sort, Rate: f.rate, Partitioner: place, Partitions: f.partitions,
		Note: stderr.note, Progress: stderr.show, Clock: publish.WallClock{},
	})
	stderr.clear()
	if sum.Records > 0 {
		stderr.summary(in.Topic, sum)
	}
	return err
}

// progress tells how publishing goes: one line that is overwritten on a
// terminal, a line every few seconds elsewhere.
type progress struct {
	out  io.Writer
	tty  bool
	last time.Duration
}

// progressEvery is how often a line is written where lines stay.
const progressEvery = 5 * time.Second

func newProgress(out io.Writer) *progress {
	file, ok := out.(*os.File)
	return &progress{out: out, tty: ok && term.IsTerminal(int(file.Fd()))}
}

func (p *progress) show(s publish.Summary) {
	switch {
	case s.Records == 0:
	case p.tty:
		fmt.Fprintf(p.out, "\r\x1b[K%s", progressLine(s))
	case s.Elapsed-p.last >= progressEvery:
		p.last = s.Elapsed
		fmt.Fprintln(p.out, progressLine(s))
	}
}

func progressLine(s publish.Summary) string {
	return fmt.Sprintf("%d records, to %s, %.0f a second", s.Records, s.Last, s.PerSecond())
}

func (p *progress) note(text string) {
	p.clear()
	fmt.Fprintf(p.out, "note: %s\n", text)
}

func (p *progress) summary(topic string, s publish.Summary) {
	fmt.Fprintf(p.out, "%s on %s, %s to %s, in %s (%.0f a second)\n",
		counted(int(s.Records), "record"), topic, s.First, s.Last, s.Elapsed.Round(time.Millisecond), s.PerSecond())
}

func (p *progress) clear() {
	if p.tty {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
