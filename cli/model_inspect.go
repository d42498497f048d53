package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"hindsight/scoring"
)

func newModelInspectCommand() *cobra.Command {
	var output outputFlag
	c := &cobra.Command{
		Use:   "inspect DIR",
		Short: "Show what a bundle is made of",
		Long: `Shows the inputs of the bundle in DIR, what is made of them, its tests, and the
weights of a linear model or what an ONNX file says of itself. The tests are not run.`,
		Example: `  hindsight model inspect bundles/car-loan`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			dir, err := bundleDir(c, args[0])
			if err != nil {
				return err
			}
			b, err := scoring.Open(dir)
			if err != nil {
				return err
			}
			if output == asJSON {
				return writeJSON(c.OutOrStdout(), b.Describe())
			}
			return showDescription(c.OutOrStdout(), b.Describe())
		},
	}
	addOutputFlag(c, &output)
	return c
}

func showDescription(w io.Writer, d scoring.Description) error {
	fmt.Fprintf(w, "%s@%s  %s, %s, sha256:%.12s\n", d.Name, d.Version, d.Task, d.Format, d.Digest)
	if d.Description != "" {
		fmt.Fprintln(w, d.Description)
	}
	if len(d.Classes) > 0 {
		fmt.Fprintf(w, "classes: %s", strings.Join(d.Classes, ", "))
		if d.Threshold != nil {
			fmt.Fprintf(w, "; positive is %s, from a probability of %g", d.Positive, *d.Threshold)
		}
		fmt.Fprintln(w)
	}
	if d.Trees > 0 {
		fmt.Fprintf(w, "objective %s, %d trees, kernel %s\n", d.Objective, d.Trees, d.Kernel)
	}
	if d.Graph != "" {
		fmt.Fprintln(w, d.Graph)
	}
	fmt.Fprintln(w)
	var names, paths []string
	for _, in := range d.Inputs {
		names, paths = append(names, in.Name), append(paths, in.Path)
	}
	inputs := newTable(w, wide("INPUT", names...), wide("PATH", paths...), "TYPE:8", "PREPARATION")
	for _, in := range d.Inputs {
		inputs.row(in.Name, in.Path, in.Type, strings.Join(in.Preparation, "; "))
	}
	if inputs.err != nil {
		return inputs.err
	}
	fmt.Fprintf(w, "\ntests: %s\n", orNone(d.Tests))
	if d.Weights == nil {
		return nil
	}
	fmt.Fprintln(w)
	heads := []string{wide("WEIGHT", append(d.Features, "(intercept)")...)}
	for i := range d.Weights {
		head := "VALUE"
		if len(d.Weights) > 1 {
			head = d.Classes[i]
		}
		heads = append(heads, head+":12")
	}
	weights := newTable(w, heads...)
	for j, weight := range d.Weights[0] {
		cells := []string{weight.Feature}
		for _, sum := range d.Weights {
			cells = append(cells, fmt.Sprintf("%.6g", sum[j].Value))
		}
		weights.row(cells...)
	}
	return weights.err
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none; hindsight_bundle.py writes some from the estimator, hindsight model train from rows"
	}
	return strings.Join(list, "; ")
}
