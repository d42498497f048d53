package cli

import (
	"github.com/spf13/cobra"

	"hindsight/scoring"
)

func newModelTestCommand() *cobra.Command {
	var output outputFlag
	var repeat int
	var require []string
	var data, label, rows string
	c := &cobra.Command{
		Use:   "test DIR",
		Short: "Run the tests of a bundle and write its certificate",
		Long: `Runs every test of the bundle in DIR and writes DIR/certificate.json. A test
that the bundle does not have is "not shown", not failed. With --repeat N the
model is trained N times again and must come out the same each time, to the
bit, and keep its bounds; then N times on resampled rows, by the seeds 1 to N,
which shows how far its figures spread. The rows are those that bundle.yaml
names under train.data, or --data with --label.`,
		Example: `  hindsight model test bundles/car-loan
  hindsight model test bundles/car-loan --repeat 3
  hindsight model test bundles/car-loan --require golden,performance -o json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			dir, err := bundleDir(c, args[0])
			if err != nil {
				return err
			}
			if repeat < 0 {
				return usagef("--repeat %d is negative", repeat)
			}
			if (data == "") != (label == "") {
				return usagef("--data and --label belong together")
			}
			if rows != "" && data == "" {
				return usagef("--rows selects rows of --data, which must be given")
			}
			cert, err := testBundle(c, dir, repeat, require, data, label, rows)
			if err != nil {
				return err
			}
			if err := scoring.WriteCertificate(dir, cert); err != nil {
				return err
			}
			if err := printCertificate(c, output, cert); err != nil {
				return err
			}
			if !cert.Passed {
				return failedf("bundle %s: %v", dir, cert.Err())
			}
			return nil
		},
	}
	addOutputFlag(c, &output)
	c.Flags().IntVar(&repeat, "repeat", 0, "train again `N` times and compare")
	c.Flags().StringSliceVar(&require, "require", nil, "`CHECKS` whose absence is a failure, such as golden,performance")
	c.Flags().StringVar(&data, "data", "", "CSV `FILE` to train on with --repeat")
	c.Flags().StringVar(&label, "label", "", "`COLUMN` of --data with the truth")
	c.Flags().StringVar(&rows, "rows", "", "rows `FIRST:LAST` of --data, counted from 1")
	return c
}

// testBundle runs the tests, and the trainings where repeat asks for some.
func testBundle(c *cobra.Command, dir string, repeat int, require []string, data, label, rows string) (*scoring.Certificate, error) {
	b, err := scoring.Open(dir)
	if err != nil {
		return nil, err
	}
	cert, err := b.Test(scoring.Require(require...))
	if err != nil {
		return nil, usagef("%v", err)
	}
	if repeat == 0 {
		return cert, nil
	}
	var table *scoring.Table
	if data != "" {
		if table, err = readData(c, data, rows); err != nil {
			return nil, err
		}
	}
	check, err := b.Retrain(repeat, table, label)
	if err != nil {
		return nil, err
	}
	cert.Add(check)
	if repeat > 1 {
		if check, err = b.Spread(repeat, table, label); err != nil {
			return nil, err
		}
		cert.Add(check)
	}
	return cert, nil
}

func printCertificate(c *cobra.Command, output outputFlag, cert *scoring.Certificate) error {
	if output != asJSON {
		return showCertificate(c.OutOrStdout(), cert)
	}
	text, err := cert.JSON()
	if err != nil {
		return err
	}
	_, err = c.OutOrStdout().Write(text)
	return err
}
