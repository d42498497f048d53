package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"hindsight/scoring"
	"hindsight/scoring/origin"
)

func newModelCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "model",
		Short: "Test, score, train, import, inspect, sign and push bundles, without Kafka",
		Long: `A bundle is a directory with a model, the declared preparation of its inputs,
and the tests that it has to pass before it may score anything. Where DIR is
read it may also be a .tar.gz archive or oci://HOST/REPOSITORY:TAG. ONNX models
are evaluated by the library that HINDSIGHT_ONNXRUNTIME names.`,
	}
	c.AddCommand(
		newModelTestCommand(),
		newModelScoreCommand(),
		newModelTrainCommand(),
		newModelInspectCommand(),
		newModelImportCommand(),
		newModelSignCommand(),
		newModelPackCommand(),
		newModelPushCommand(),
	)
	return c
}

// bundleDir returns the directory of the bundle that ref names, unpacked into
// the user's cache where ref is an archive or an artifact. That a directory is
// not there is a fault of usage, what is wrong inside is a fault of the bundle.
func bundleDir(c *cobra.Command, ref string) (string, error) {
	if origin.Remote(ref) {
		caches, err := os.UserCacheDir()
		if err != nil {
			return "", usagef("%v; it is where archives are unpacked", err)
		}
		return origin.Fetch(c.Context(), ref, filepath.Join(caches, "hindsight", "bundles"))
	}
	return ref, localDir(ref)
}

func localDir(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return usagef("there is no directory %s", dir)
	case err != nil:
		return usagef("%v", err)
	case !info.IsDir():
		return usagef("%s is not a directory; a bundle is one, a .tar.gz archive or oci://…", dir)
	}
	return nil
}

// required returns an error that names the flags whose values are empty.
func required(c *cobra.Command, names ...string) error {
	var missing []string
	for _, name := range names {
		if c.Flag(name).Value.String() == "" {
			missing = append(missing, "--"+name)
		}
	}
	if len(missing) > 0 {
		return usagef("%s must be given", strings.Join(missing, " and "))
	}
	return nil
}

// openInput opens a file, or stdin for "-".
func openInput(c *cobra.Command, name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(c.InOrStdin()), nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, usagef("%v", err)
	}
	return file, nil
}

// readData reads the rows of a labelled CSV file that --rows selects.
func readData(c *cobra.Command, name, rows string) (*scoring.Table, error) {
	from, to, err := parseRows(rows)
	if err != nil {
		return nil, err
	}
	file, err := openInput(c, name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	table, err := scoring.ReadTable(file, filepath.Base(name))
	if err != nil {
		return nil, err
	}
	if rows == "" {
		return table, nil
	}
	part, err := table.Slice(from, to)
	if err != nil {
		return nil, usagef("--rows %s: %v", rows, err)
	}
	return part, nil
}

// parseRows reads A:B, both counted from 1 and included; either may be empty.
func parseRows(rows string) (from, to int, err error) {
	if rows == "" {
		return 1, 0, nil
	}
	first, last, ok := strings.Cut(rows, ":")
	from, to = 1, 0
	if first != "" && ok {
		from, err = strconv.Atoi(first)
	}
	if last != "" && err == nil {
		to, err = strconv.Atoi(last)
	}
	if err != nil || !ok || from < 1 || to < 0 || to > 0 && to < from {
		return 0, 0, usagef("--rows wants FIRST:LAST, counted from 1, not %q", rows)
	}
	return from, to, nil
}

// showCertificate prints the checks as a table, figures below their check.
func showCertificate(w io.Writer, cert *scoring.Certificate) error {
	fmt.Fprintf(w, "%s@%s  sha256:%.12s\n\n", cert.Name, cert.Version, cert.Digest)
	checks := newTable(w, "CHECK:11", "RESULT:9", "ROWS:6", "DETAIL")
	for _, check := range cert.Checks {
		rows := ""
		if check.Rows > 0 {
			rows = strconv.Itoa(check.Rows)
		}
		checks.row(check.Name, string(check.Result), rows, check.Detail)
	}
	if err := errors.Join(checks.err, showFigures(w, cert)); err != nil {
		return err
	}
	verdict := "passed"
	if !cert.Passed {
		verdict = "FAILED"
	}
	_, err := fmt.Fprintf(w, "\n%s\n", verdict)
	return err
}

func showFigures(w io.Writer, cert *scoring.Certificate) error {
	var t *table
	for _, check := range cert.Checks {
		for _, f := range check.Figures {
			if t == nil {
				fmt.Fprintln(w)
				t = newTable(w, "CHECK:11", "FIGURE:24", "VALUE:12", "BOUND")
			}
			t.row(check.Name, f.Name, fmt.Sprintf("%.6g", f.Value), boundText(f))
		}
	}
	if t == nil {
		return nil
	}
	return t.err
}

func boundText(f scoring.Figure) string {
	var bounds []string
	if f.Minimum != nil {
		bounds = append(bounds, fmt.Sprintf("at least %g", *f.Minimum))
	}
	if f.Maximum != nil {
		bounds = append(bounds, fmt.Sprintf("at most %g", *f.Maximum))
	}
	return strings.Join(bounds, ", ")
}

// wide returns a table head as wide as the widest of the cells below it.
func wide(head string, cells ...string) string {
	width := 0
	for _, cell := range cells {
		width = max(width, utf8.RuneCountInString(cell))
	}
	return head + ":" + strconv.Itoa(width)
}
