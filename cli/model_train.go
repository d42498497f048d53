package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"hindsight/scoring"
)

func newModelTrainCommand() *cobra.Command {
	var data, label, rows string
	c := &cobra.Command{
		Use:   "train DIR",
		Short: "Fit a linear or logistic model to labelled rows",
		Long: `Fits the model that DIR/bundle.yaml declares (train: kind, l2) to the rows of a
CSV file and writes the model file, fitted.json where the preparation says fit,
and golden.csv into DIR. The same rows give the same bytes. Then it runs the
tests of the bundle.`,
		Example: `  hindsight model train bundles/car-loan --data car_loan.csv.gz --label repaid --rows 1:25000`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			dir := args[0]
			if err := errors.Join(required(c, "data", "label"), localDir(dir)); err != nil {
				return err
			}
			table, err := readData(c, data, rows)
			if err != nil {
				return err
			}
			done, err := scoring.Train(dir, table, label)
			if err != nil {
				return err
			}
			w := c.OutOrStdout()
			fmt.Fprintf(w, "trained on %d rows, %d features, %d iterations; wrote %s\n\n",
				done.Rows, done.Features, done.Iterations, strings.Join(done.Files, ", "))
			_, cert, err := scoring.Load(dir)
			if cert == nil {
				return err
			}
			return errors.Join(showCertificate(w, cert), err)
		},
	}
	c.Flags().StringVar(&data, "data", "", "CSV `FILE` with a header, plain or gzip; - is stdin")
	c.Flags().StringVar(&label, "label", "", "`COLUMN` with the truth")
	c.Flags().StringVar(&rows, "rows", "", "rows `FIRST:LAST`, counted from 1; default all")
	return c
}
