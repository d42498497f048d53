package cli

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"hindsight/scoring"
)

func newModelScoreCommand() *cobra.Command {
	var input, output string
	c := &cobra.Command{
		Use:   "score DIR",
		Short: "Score the rows of a CSV file",
		Long: `Scores every row of a CSV file with the bundle in DIR. Columns are found by
their names, in any order; extra ones are ignored; an empty cell or nan is
missing. The output has one line per row: the column value (the probability of
the positive class, or the value of a regression), or p0,p1,… for several
classes, in the shortest decimals that read back to the same number.`,
		Example: `  hindsight model score bundles/car-loan --input loans.csv --output scores.csv
  zcat loans.csv.gz | hindsight model score bundles/car-loan --input - --output -`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			dir, err := bundleDir(c, args[0])
			if err := errors.Join(required(c, "input", "output"), err); err != nil {
				return err
			}
			in, err := openInput(c, input)
			if err != nil {
				return err
			}
			defer in.Close()
			b, _, err := scoring.Load(dir)
			if err != nil {
				return err
			}
			return writeOutput(c, output, func(w io.Writer) error {
				return b.ScoreTable(w, in, filepath.Base(input))
			})
		},
	}
	c.Flags().StringVar(&input, "input", "", "CSV `FILE` with a header, plain or gzip; - is stdin")
	c.Flags().StringVar(&output, "output", "", "CSV `FILE` to write; - is stdout")
	return c
}

// writeOutput lets write fill a file, which appears whole or not at all, or
// stdout for "-".
func writeOutput(c *cobra.Command, name string, write func(io.Writer) error) error {
	if name == "-" {
		buffered := bufio.NewWriter(c.OutOrStdout())
		return errors.Join(write(buffered), buffered.Flush())
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return writeInto(name, write) // a pipe or a device cannot be replaced
	}
	part, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.part")
	if err != nil {
		return usagef("%v", err)
	}
	defer os.Remove(part.Name()) // gone already once it is renamed
	buffered := bufio.NewWriter(part)
	if err := errors.Join(write(buffered), buffered.Flush(), part.Chmod(0o644), part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), name)
}

func writeInto(name string, write func(io.Writer) error) error {
	file, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return usagef("%v", err)
	}
	return errors.Join(write(file), file.Close())
}
