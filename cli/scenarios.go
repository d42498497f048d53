package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"hindsight/app/config"
	"hindsight/app/scenario"
)

const scenarioHelp = `Run scenario files: lines that say what is scored and labelled when, and lines
that say what must come of it. Nothing but the file is needed, no Kafka and no
model, and time is in the file: a month passes in a moment.

  # One error in four is worth an alarm, once 20 labels say so.
  labels: {horizon: 1d, grace: 0s}
  watch:
    windows: [{name: hour, size: 1h}]
    alarms: [{name: accuracy-low, metric: accuracy, window: hour, below: 0.9, min_labels: 20, hold: 0s}]
  ---
  100 scores a* 0.9 at 10:00 every 30s
  100 labels a* 1 1 1 0 after 2h
  end
  window hour 10:00 accuracy 0.75 n 100 coverage 1
  alarm accuracy-low firing at 12:25 n 50

Above the line --- stand rules as in a configuration; files without it take them
from -c. What happens:

  score ID VALUE at TIME          [predicts CLASS] [segment FIELD=VALUE] [version V] [on PARTITION] [arrives TIME]
  label ID TRUTH at TIME          or "after 3d": since its event; [on PARTITION] [arrives TIME]
  N scores PREFIX* VALUE... at TIME every 1m      N labels PREFIX* TRUTH... after 2h
                                  values are taken in turn; 1x85 is 85 times 1; "a* from 51" counts from a51
  clock [SOURCE...] TIME          sources (events, labels/1; all) show a stamp
  idle [SOURCE...]                sources have nothing to read, and hold time no longer
  wait 10m                        all are idle for so long
  end [SOURCE...]                 sources are read to their end
  now TIME                        the wall clock: later stamps are not believed
  date 2019-03-01                 of day 0        partitions events 2 labels 3
  classes NEGATIVE POSITIVE [threshold 0.5]

What is expected, of all that came since the lines before. A file that lists one
outcome lists them all, and alarms likewise; figures are compared as they are rounded:

  outcome ID matched|assumed|unlabelled|duplicate [TRUTH] [was TRUTH] [rev N] [at TICK] [by revision] ...
  fate ID TRUTH duplicate|conflict|orphan|too_late [at TICK]   of a label that changed nothing
  N outcomes PREFIX* matched ...                               so many alike
  window NAME START [segment FIELD=VALUE] [METRIC VALUE [LOW..HIGH]]... [n N] [scored N] [coverage C] [final|provisional]
  alarm NAME ok|pending|firing|resolved|unknown [segment FIELD=VALUE] [at TICK] [value V] [n N] [says "TEXT"]
  ledger scores matched 2 pending 1      ledger labels used 2      closed TICK      dead-letter ID CLASS
  no outcomes, no alarms, no window NAME START

A time is 10:00, +3d or "+3d 10:00" after day 0, 2019-03-01 or 2019-03-01 10:00.
docs/scenarios.md explains each by an example.

Exit 1 where what came is not what is expected, 2 where a file is not understood.`

func newTestCommand() *cobra.Command {
	var o scenarioOptions
	c := &cobra.Command{
		Use:   "test [-c FILE] FILE.scenario...",
		Short: "Test rules and horizons by scenarios: scores, labels and alarms as lines",
		Long:  scenarioHelp,
		Example: `  hindsight test late-labels.scenario
  hindsight test -c hindsight.yaml scenarios/    # every *.scenario in it, by the rules of production`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return testScenarios(c, args, o) },
	}
	c.Flags().StringVarP(&o.config, "config", "c", "", "configuration `FILE` with the rules of scenarios that have none")
	c.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "name the scenarios that passed, too")
	c.Flags().BoolVar(&o.rewrite, "rewrite", false, "put what came in place of what was expected into the files")
	c.Flags().IntVar(&o.shakes, "shake", 0, "run each `N` more times with other batches and crashes, which must not show")
	return c
}

type scenarioOptions struct {
	config           string
	verbose, rewrite bool
	shakes           int
}

// testScenarios runs every file, whatever became of those before.
func testScenarios(c *cobra.Command, args []string, o scenarioOptions) error {
	var base *config.Config
	if o.config != "" {
		var err error
		if base, err = config.Load(o.config); err != nil {
			return err
		}
	}
	files, err := scenarioFiles(args)
	if err != nil {
		return err
	}
	out := c.OutOrStdout()
	var passed, failed, rewritten int
	var faults config.Faults
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return usagef("%v", err)
		}
		s, err := scenario.Parse(file, text, filepath.Dir(file), base)
		var wrong config.Faults
		if errors.As(err, &wrong) {
			faults = append(faults, wrong...)
			fmt.Fprintf(out, "FAIL  %s: not understood\n", file)
			continue
		}
		if err != nil {
			return err
		}
		r, err := s.Run()
		switch {
		case err != nil:
			failed++
			fmt.Fprintf(out, "FAIL  %s\n%v\n", file, err)
		case len(r.Failures) > 0 && o.rewrite:
			rewritten++
			if err := os.WriteFile(file, r.Rewritten(), 0o644); err != nil {
				return err
			}
			fmt.Fprintf(out, "WROTE %s\n", file)
		case len(r.Failures) > 0:
			failed++
			fmt.Fprintf(out, "FAIL  %s\n", file)
			for _, f := range r.Failures {
				fmt.Fprintf(out, "%s:%d: expected (-) is not what came (+)\n  %s\n", file, f.Line, strings.Join(f.Diff, "\n  "))
			}
		default:
			if seed, err := shaken(s, r, o.shakes); err != nil {
				failed++
				fmt.Fprintf(out, "FAIL  %s\n%s: shaken with seed %d: %v\n", file, file, seed, err)
				continue
			}
			passed++
			if o.verbose {
				fmt.Fprintf(out, "ok    %s: %d outcomes, %d windows, %d changes of alarms\n", file, len(r.Outcomes), len(r.Windows), len(r.Alarms))
			}
		}
	}
	summary := fmt.Sprintf("%d passed, %d failed", passed, failed)
	if rewritten > 0 {
		summary += fmt.Sprintf(", %d rewritten", rewritten)
	}
	if len(faults) > 0 {
		summary += fmt.Sprintf(", %d not understood", len(files)-passed-failed-rewritten)
	}
	fmt.Fprintln(out, summary)
	switch {
	case len(faults) > 0:
		return faults
	case failed > 0:
		return errSilent
	}
	return nil
}

// shaken returns the first seed whose run publishes something else.
func shaken(s *scenario.Scenario, plain *scenario.Result, n int) (seed uint64, err error) {
	for seed := range uint64(max(n, 0)) {
		r, err := s.Shake(seed)
		if err != nil {
			return seed, err
		}
		if !r.Same(plain) {
			return seed, fmt.Errorf("it publishes something else than in order: please report this file as a bug")
		}
	}
	return 0, nil
}

// scenarioFiles are the files that are named, and all scenarios of folders.
func scenarioFiles(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, usagef("%v", err)
		}
		if !info.IsDir() {
			files = append(files, arg)
			continue
		}
		before := len(files)
		err = filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && filepath.Ext(path) == ".scenario" {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return nil, usagef("%v", err)
		}
		if len(files) == before {
			return nil, usagef("%s holds no *.scenario", arg)
		}
	}
	return files, nil
}
