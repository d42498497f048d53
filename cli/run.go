package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"hindsight/app"
	"hindsight/app/config"
	"hindsight/app/memory"
)

func newRunCommand() *cobra.Command {
	var file, report string
	var stages stagesFlag
	var untilEnd, acceptLoss, verbose bool
	c := &cobra.Command{
		Use:   "run -c FILE",
		Short: "Run the service: score, join, watch",
		Long: `Run the stages of the service until it is stopped: SCORE turns events into
scores, JOIN joins labels to them, WATCH makes windows and alarms. All three run
in one process unless --stages says otherwise, and with --stages join,watch also
over scores that another program writes (scores.id); processes of one kafka.group share
the partitions. The page, /metrics, /healthz and /readyz are served at http.listen.

Stop it with Ctrl-C or SIGTERM: what is under way is finished and committed.`,
		Example: `  hindsight run -c hindsight.yaml
  hindsight run -c hindsight.yaml --stages join,watch
  hindsight run -c hindsight.yaml --until-end --report report.json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := config.Load(file)
			if err != nil {
				return err
			}
			bound := memory.Find(int64(cfg.Memory.Limit))
			bound.Apply()
			log := newLog(c.ErrOrStderr(), verbose)
			log.Info("memory is bounded", "bytes", bound.Bytes, "by", bound.Source)
			options := app.Options{Config: cfg, Stages: stages, Title: cmp.Or(cfg.Model.Champion, cfg.ModelName()), Log: log, Memory: bound.Bytes, AcceptLoss: acceptLoss}
			if untilEnd {
				complete := make(chan struct{})
				close(complete)
				options.InputsEnd = complete
			}
			return runService(c.Context(), options, report)
		},
	}
	addConfigFlag(c, &file)
	addStagesFlag(c, &stages)
	c.Flags().StringVar(&report, "report", "", "write what the run did to `FILE` (JSON) when it stops; - is stdout")
	c.Flags().BoolVar(&untilEnd, "until-end", false, "stop when all inputs are read to where they end now")
	c.Flags().BoolVar(&acceptLoss, "accept-loss", false, "go on behind events, labels and scores of another program that were deleted before they were read")
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "log more")
	return c
}

func runService(ctx context.Context, options app.Options, report string) (err error) {
	a, err := app.New(ctx, options)
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		options.Log.Info("stopped before it was running")
		return nil
	}
	if err != nil {
		return err
	}
	defer func() {
		if e := a.Close(); err == nil {
			err = e
		}
	}()
	options.Log.Info("running", "stages", fmt.Sprint(options.Stages), "page", "http://"+a.Addr().String())
	if err := a.Run(ctx); err != nil {
		return err
	}
	options.Log.Info("stopped")
	return writeReport(context.WithoutCancel(ctx), a, report)
}

// writeReport writes the report of a run to a file, "-" being stdout.
func writeReport(ctx context.Context, a *app.App, file string) error {
	if file == "" {
		return nil
	}
	r, err := a.Report(ctx)
	if err != nil {
		return err
	}
	if file == "-" {
		return r.Write(os.Stdout)
	}
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := r.Write(f); err != nil {
		return err
	}
	return f.Close()
}

// newLog logs for people on a terminal, as JSON elsewhere.
func newLog(w io.Writer, verbose bool) *slog.Logger {
	options := &slog.HandlerOptions{Level: slog.LevelInfo}
	if verbose {
		options.Level = slog.LevelDebug
	}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}
