package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"hindsight/app/config"
)

// The values of outputFlag.
const (
	asTable = "table"
	asJSON  = "json"
)

// outputFlag is how a result is written: table for people, json for programs.
type outputFlag string

func (f *outputFlag) String() string { return string(*f) }
func (f *outputFlag) Type() string   { return "table|json" }

// Set accepts table and json.
func (f *outputFlag) Set(s string) error {
	if s != asTable && s != asJSON {
		return fmt.Errorf("allowed are table and json")
	}
	*f = outputFlag(s)
	return nil
}

func addOutputFlag(c *cobra.Command, f *outputFlag) {
	*f = asTable
	c.Flags().VarP(f, "output", "o", "write a table or JSON")
}

// addConfigFlag adds -c, without which the command refuses to run.
func addConfigFlag(c *cobra.Command, file *string) {
	c.Flags().StringVarP(file, "config", "c", "", "configuration `FILE`")
	if err := c.MarkFlagRequired("config"); err != nil {
		panic("BUG: " + err.Error())
	}
	if err := c.MarkFlagFilename("config", "yaml", "yml"); err != nil {
		panic("BUG: " + err.Error())
	}
}

// stagesFlag is a list of stages.
type stagesFlag []config.Stage

// Type names the form of the list in help.
func (f *stagesFlag) Type() string { return "LIST" }

func (f *stagesFlag) String() string {
	text := ""
	for i, s := range *f {
		if i > 0 {
			text += ","
		}
		text += string(s)
	}
	return text
}

// Set accepts a comma-separated list.
func (f *stagesFlag) Set(s string) error {
	stages, err := config.ParseStages(s)
	*f = stages
	return err
}

func addStagesFlag(c *cobra.Command, f *stagesFlag) {
	*f = config.AllStages()
	c.Flags().Var(f, "stages", "the stages that it is for")
}

// writeJSON writes v as one indented document.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
