package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hindsight/scoring"
)

func newModelImportCommand() *cobra.Command {
	var from, name, version, output string
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Make a bundle of a model file",
		Long: `Makes a bundle of a model file that another library wrote. Its inputs are the
model's features, which are also the fields of the event. The bundle has no
tests yet: add golden.csv and a performance test to it.

  lightgbm         a booster saved by save_model, versions v2 to v4
  xgboost          a booster saved by save_model as JSON or UBJSON, versions 1 to 3
  mlflow           a directory with the file MLmodel, of the flavour lightgbm,
                   xgboost or onnx; python_function and pickles run code and are
                   refused
  onnx             a graph with one output of probabilities or values; answering
                   takes a program built with -tags onnx, and onnxruntime
  sklearn-linear   JSON of coef [rows × features], intercept, and where they
                   apply classes, features, mean and scale`,
		Example: `  hindsight model import --from lightgbm model.txt --name fraud --output bundles/fraud@2
  hindsight model import --from sklearn-linear model.json --name fraud --output bundles/fraud@3`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := required(c, "from", "name", "output"); err != nil {
				return err
			}
			if !slices.Contains(importSources(), from) {
				return usagef("--from %s is not supported; supported: %s", from, strings.Join(importSources(), ", "))
			}
			if version == "" {
				version = scoring.VersionOf(output)
			}
			if err := errors.Join(scoring.CheckName(name), scoring.CheckName(version)); err != nil {
				return usagef("%v", err)
			}
			if err := importModel(c, from, args[0], name, version, output); err != nil {
				return err
			}
			b, err := scoring.Open(output)
			if err != nil {
				return err
			}
			w := c.OutOrStdout()
			fmt.Fprintf(w, "%s is in %s\n\n", b.Ref(), output)
			cert, err := b.Test()
			if errors.Is(err, scoring.ErrNoRuntime) {
				fmt.Fprintf(w, "not tested here: %v\n", err)
				return nil
			}
			if err != nil {
				return err
			}
			return errors.Join(showCertificate(w, cert), cert.Err())
		},
	}
	c.Flags().StringVar(&from, "from", "", "`FORMAT` of FILE: "+strings.Join(importSources(), ", "))
	c.Flags().StringVar(&name, "name", "", "`NAME` of the model")
	c.Flags().StringVar(&version, "version", "", "`VERSION`; default what follows @ in the last element of --output, else 1")
	c.Flags().StringVar(&output, "output", "", "`DIR` of the bundle; made with its parents")
	return c
}

func importSources() []string { return append(scoring.ImportFormats(), "mlflow") }

func importModel(c *cobra.Command, from, place, name, version, output string) error {
	if from == "mlflow" {
		if err := localDir(place); err != nil {
			return err
		}
		if err := scoring.ImportMLflow(place, name, version, output); err != nil {
			return fmt.Errorf("%s: %w", place, err)
		}
		return nil
	}
	file, err := openInput(c, place)
	if err != nil {
		return err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, scoring.ImportLimit(from)+1))
	if err != nil {
		return err
	}
	if err := scoring.Import(from, data, name, version, output); err != nil {
		return fmt.Errorf("%s: %w", place, err)
	}
	return nil
}
