package cli

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"golang.org/x/term"

	"hindsight/app"
	"hindsight/app/audit"
	"hindsight/app/config"
	"hindsight/app/kafka"
)

func newAuditCommand() *cobra.Command {
	var file string
	var output outputFlag
	var limit int
	c := &cobra.Command{
		Use:   "audit -c FILE",
		Short: "Prove from the topics that nothing is lost and nothing is there twice",
		Long: `Check the laws of the system on what it has left behind: the records of all its
topics, the events and labels themselves, and the commits of its groups. It reads
nobody's state directory, joins no group and writes nothing, so it may run beside
the service or after it. What lies beyond the commits is under way and left for
the next audit.

  records       what stands on our topics is ours, readable, in its place and order
  conservation  each event has one score or dead letter; each score one outcome, or
                is pending and not due; each label one fate, or waits; the ledgers
                in the commits add up to the same
  uniqueness    no event is scored twice, no label has two fates, revisions are
                numbered without gaps, and each takes back the truth before it
  fold          slices are the sums of the outcomes, tick by tick; windows and their
                metrics are the sums of the slices, as of the instant they were told
  alarms        each alarm lives a legal life, told once, on figures that the slices
                give, and WATCH remembers what it told
  commits       offsets, floors, counts and clocks agree with the topics

Where retention has deleted older records, it says from which offset it has
checked, and judges only what is whole. Sums that depend on settings which were
changed since are passed over with a note. Under kafka.delivery: at-least-once,
records that are said again are forgiven.

It reads every byte of these topics once. In memory it keeps two bits for each
event and label, about a hundred bytes for each score of one partition at a time
(ids as hashes of 128 bits), a hundred for each tick that changed a slice, and the
last revision of each window.

Exit 0 where all laws hold, 1 with the violations where one does not.`,
		Example: `  hindsight audit -c hindsight.yaml
  hindsight audit -c hindsight.yaml -o json | jq '.laws[].shown[]'
  hindsight ledger -c hindsight.yaml --id 4711   # the story of one id that it names`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 0 {
				return usagef("--limit %d: it cannot be negative", limit)
			}
			return withAdmin(c.Context(), file, func(admin *kadm.Client, cfg *config.Config) error {
				return runAudit(c, admin, cfg, limit, output)
			})
		},
	}
	addConfigFlag(c, &file)
	addOutputFlag(c, &output)
	c.Flags().IntVar(&limit, "limit", 10, "list at most `N` violations of each rule; all are counted")
	return c
}

func runAudit(c *cobra.Command, admin *kadm.Client, cfg *config.Config, limit int, output outputFlag) error {
	opts, err := kafka.Options(cfg.Kafka, nil)
	if err != nil {
		return err
	}
	bar := newAuditProgress(c.ErrOrStderr())
	r, err := app.Audit(c.Context(), opts, admin, cfg, app.AuditOptions{Limit: limit, Progress: bar.show, Waits: func(err error) {
		fmt.Fprintln(c.ErrOrStderr(), "waiting for the coordinator of a group:", err)
	}})
	bar.clear()
	if err != nil {
		return err
	}
	if output == asJSON {
		err = writeJSON(c.OutOrStdout(), r)
	} else {
		err = writeAudit(c.OutOrStdout(), r)
	}
	if err != nil {
		return err
	}
	if n := r.Violations(); n > 0 {
		return failedf("%s of the laws: %s", counted(int(n), "violation"), strings.Join(r.Broken(), ", "))
	}
	return nil
}

func writeAudit(w io.Writer, r *audit.Report) error {
	t := newTable(w, "LAW:12", "VIOLATIONS", "CHECKED")
	for _, v := range r.Laws {
		var checked []string
		for _, what := range slices.Sorted(maps.Keys(v.Checked)) {
			checked = append(checked, fmt.Sprintf("%d %s", v.Checked[what], what))
		}
		t.row(string(v.Law), strconv.FormatInt(v.Total(), 10), strings.Join(checked, ", "))
	}
	if t.err != nil {
		return t.err
	}
	for _, v := range r.Laws {
		if len(v.Violations) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s\n", v.Law)
		listed := map[string]int64{}
		for _, x := range v.Shown {
			listed[x.Rule]++
			id := ""
			if x.ID != "" {
				id = " " + printable(x.ID)
			}
			fmt.Fprintf(w, "  %s %v%s: %s\n", x.Rule, x.At, id, printable(x.Text))
		}
		for _, rule := range slices.Sorted(maps.Keys(v.Violations)) {
			if more := v.Violations[rule] - listed[rule]; more > 0 {
				fmt.Fprintf(w, "  %s: %d more\n", rule, more)
			}
		}
	}
	if len(r.Notes) > 0 {
		fmt.Fprintln(w)
	}
	for _, note := range r.Notes {
		if _, err := fmt.Fprintf(w, "note: %s\n", printable(note)); err != nil {
			return err
		}
	}
	return nil
}

// auditProgress tells on a terminal how far the reading is.
type auditProgress struct {
	out  io.Writer // nil: nobody looks
	told time.Time
}

func newAuditProgress(out io.Writer) *auditProgress {
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return &auditProgress{out: out}
	}
	return &auditProgress{}
}

func (p *auditProgress) show(topic string, done, total int64) {
	if p.out == nil || total == 0 || time.Since(p.told) < 100*time.Millisecond {
		return
	}
	p.told = time.Now()
	fmt.Fprintf(p.out, "\r\x1b[Kreading %s: %d of %d (%d %%)", topic, done, total, 100*done/total)
}

func (p *auditProgress) clear() {
	if p.out != nil {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
