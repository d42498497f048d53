package demo

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// Export writes the world as files that `hindsight publish` and `hindsight run`
// take: the configuration, both schemas, events.csv.gz, labels.csv.gz and a
// bundle, as Install takes it. Labels lie on the partition of their id there: a
// file cannot misplace them.
func (w *World) Export(dir, bundle string) error {
	configuration, err := Install(bundle, filepath.Join(dir, "bundles"))
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	for name, data := range map[string][]byte{
		"hindsight.yaml": configuration, "loan.avsc": loanSchema, "repayment.avsc": repaymentSchema, "events.csv.gz": carLoans,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return fmt.Errorf("export: %w", err)
		}
	}
	if err := w.exportLabels(filepath.Join(dir, "labels.csv.gz")); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

func (w *World) exportLabels(file string) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z := gzip.NewWriter(f)
	if err := w.writeLabels(z); err != nil {
		return err
	}
	return z.Close()
}

func (w *World) writeLabels(out io.Writer) error {
	rows := csv.NewWriter(out)
	if err := rows.Write([]string{"event_id", "repaid", "label_time"}); err != nil {
		return err
	}
	for _, p := range w.Labels {
		if err := rows.Write([]string{p.EventID, strconv.FormatBool(p.Repaid), p.At.String()}); err != nil {
			return err
		}
	}
	rows.Flush()
	return rows.Error()
}
