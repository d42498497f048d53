package cli

import (
	"github.com/spf13/cobra"

	"hindsight/app/config"
)

func newConfigCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Start, see and describe the configuration file",
		Example: `  hindsight config init > hindsight.yaml
  hindsight config show -c hindsight.yaml
  hindsight config schema > hindsight.schema.json`,
	}
	c.AddCommand(newConfigShowCommand(), newConfigSchemaCommand(), newConfigInitCommand())
	return c
}

func newConfigShowCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "show -c FILE",
		Short: "Print the effective configuration",
		Long: `Print the configuration as it takes effect: defaults filled in, the environment
expanded, paths absolute, secrets not shown. The output is a configuration file
that loads to the same, but for those secrets.`,
		Example: `  hindsight config show -c hindsight.yaml`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := config.Load(file)
			if err != nil {
				return err
			}
			text, err := cfg.YAML()
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(text)
			return err
		},
	}
	addConfigFlag(c, &file)
	return c
}

func newConfigSchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the file, for editors",
		Long: `Print the JSON Schema of the configuration file. An editor that knows it
completes keys and marks faults; most take this as the first line of the file:

  # yaml-language-server: $schema=hindsight.schema.json`,
		Example: `  hindsight config schema > hindsight.schema.json`,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return printed(c, config.JSONSchema) },
	}
}

func newConfigInitCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "init",
		Short:   "Print a commented file to start from",
		Long:    `Print a configuration file with every key, its default and what it does.`,
		Example: `  hindsight config init > hindsight.yaml`,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return printed(c, config.Template) },
	}
}

// printed writes what make returns to stdout.
func printed(c *cobra.Command, make func() ([]byte, error)) error {
	text, err := make()
	if err != nil {
		return err
	}
	_, err = c.OutOrStdout().Write(text)
	return err
}
