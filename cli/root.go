package cli

import (
	"context"
	"io"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// commands returns every command.
func commands() []*cobra.Command {
	return []*cobra.Command{
		newDemoCommand(),
		newRunCommand(),
		newCheckCommand(),
		newTopicsCommand(),
		newPublishCommand(),
		newTailCommand(),
		newLedgerCommand(),
		newAuditCommand(),
		newModelCommand(),
		newTestCommand(),
		newConfigCommand(),
	}
}

// Main runs the command that args name and returns the exit code: 0 well, 1
// failed, 2 usage or configuration, 3 a needed service is out of reach.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	started := false
	walk(root, func(c *cobra.Command) {
		if run := c.RunE; run != nil {
			c.RunE = func(c *cobra.Command, args []string) error {
				started = true
				return run(c, args)
			}
		}
	})
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitWell
	}
	if !started { // cobra's own: unknown commands and flags, wrong arguments
		text, _, _ := strings.Cut(err.Error(), "\n\nDid you mean")
		err = usagef("%s%s", text, suggestion(root, args, text))
	}
	report(stderr, command.CommandPath(), err)
	return exitCode(err)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "hindsight",
		Short: "Score events on Kafka, join the truth when it arrives, watch the accuracy",
		Long: `Hindsight scores Avro events on Kafka with your model, waits for the labels
however late they come, and tells whether the scores were right.`,
		Example: `  hindsight demo                             # the whole loop on real data, with nothing installed
  hindsight config init > hindsight.yaml     # a commented file to start from
  hindsight topics create -c hindsight.yaml  # make the topics that are ours
  hindsight check -c hindsight.yaml          # find what is wrong before it starts
  hindsight run -c hindsight.yaml            # score, join, watch
  hindsight tail -c hindsight.yaml windows   # see the accuracy`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("hindsight {{.Version}}\n")
	root.SetHelpTemplate(helpTemplate)
	root.SetUsageTemplate(usageTemplate)
	root.AddCommand(commands()...)
	root.CompletionOptions.HiddenDefaultCmd = true
	walk(root, func(c *cobra.Command) {
		c.DisableFlagsInUseLine = true
		if c.HasSubCommands() && c.RunE == nil && c.Run == nil {
			c.Args, c.RunE = subcommandOnly, showHelp
		}
	})
	return root
}

// subcommandOnly refuses what is no subcommand; cobra does so for the root alone.
func subcommandOnly(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("unknown command %q for %q", args[0], c.CommandPath())
	}
	return nil
}

func showHelp(c *cobra.Command, _ []string) error { return c.Help() }

// suggestion returns what an unknown command was meant to be.
func suggestion(root *cobra.Command, args []string, text string) string {
	if !strings.HasPrefix(text, "unknown command ") {
		return ""
	}
	parent, rest, err := root.Find(args)
	if err != nil {
		parent, rest = root, args
	}
	for _, word := range rest {
		parent.SuggestionsMinimumDistance = 2
		if near := parent.SuggestionsFor(word); len(near) > 0 {
			return "; did you mean " + near[0] + "?"
		}
	}
	return ""
}

func walk(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, sub := range c.Commands() {
		walk(sub, visit)
	}
}

// version tells from the build which source this is.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	text := info.Main.Version
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if rev := settings["vcs.revision"]; rev != "" {
		text += " " + rev[:min(len(rev), 12)]
		if settings["vcs.modified"] == "true" {
			text += "+changes"
		}
		text += " " + settings["vcs.time"]
	}
	return strings.TrimSpace(text + " " + info.GoVersion)
}

const helpTemplate = `{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}

{{end}}{{if .HasExample}}Examples:
{{.Example}}

{{end}}{{if or .Runnable .HasSubCommands}}{{.UsageString}}{{end}}`

const usageTemplate = `Usage:
  {{if .HasAvailableSubCommands}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}
{{if .HasAvailableSubCommands}}
Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}
{{end}}{{if .HasAvailableLocalFlags}}
Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}
{{end}}{{if .HasAvailableSubCommands}}
{{.CommandPath}} COMMAND --help tells more of each.
{{end}}`
