package scoring

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hindsight/scoring/model"
)

// ImportFormats are the sources that Import takes.
func ImportFormats() []string { return []string{"sklearn-linear"} }

// Import writes a bundle around the model file data: inputs are its features,
// numbers at the event's paths of the same names. It has no tests yet. Dir is
// made; files of an earlier import there are replaced, anything else refused.
func Import(from string, data []byte, name, version, dir string) error {
	if from != "sklearn-linear" {
		return fmt.Errorf("cannot import from %q; supported: %s", from, strings.Join(ImportFormats(), ", "))
	}
	if err := errors.Join(CheckName(name), CheckName(version)); err != nil {
		return err
	}
	m, err := model.ParseSklearn(data)
	if err != nil {
		return err
	}
	spec := importedSpec(m, name, version)
	if _, err := parseSpec(spec); err != nil {
		return fmt.Errorf("the model's names do not fit a bundle: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := openFiles(dir)
	if err != nil {
		return bundleError(dir, err)
	}
	return errors.Join(writeImport(f, spec, m), f.close())
}

// VersionOf returns the version that the name of a bundle's directory gives:
// what follows the last '@' of its last element, else "1".
func VersionOf(dir string) string {
	base := filepath.Base(filepath.Clean(dir))
	if at := strings.LastIndexByte(base, '@'); at >= 0 && at+1 < len(base) {
		return base[at+1:]
	}
	return "1"
}

func writeImport(f *files, spec []byte, m *model.LinearModel) error {
	if err := f.onlyHolds(bundleFile, "linear.json", certificateFile); err != nil {
		return bundleError(f.dir, err)
	}
	if err := f.write("linear.json", m.AppendJSON(nil)); err != nil {
		return err
	}
	return f.write(bundleFile, spec)
}

// onlyHolds refuses files that an import did not write: they would become
// part of the bundle.
func (f *files) onlyHolds(names ...string) error {
	there, err := f.list()
	if err != nil {
		return err
	}
	for _, name := range there {
		if !slices.Contains(names, name) {
			return fmt.Errorf("%s is there already; import into an empty directory", name)
		}
	}
	return nil
}

// importedSpec returns bundle.yaml for m.
func importedSpec(m *model.LinearModel, name, version string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "name: %s\nversion: %s\n", quoted(name), quoted(version))
	if m.Regression() {
		b.WriteString("task: regression\n")
	} else {
		b.WriteString("task: classification\n")
	}
	b.WriteString("model: {file: linear.json, format: linear}\n")
	if len(m.ClassNames) > 0 {
		b.WriteString("classes: [")
		for i, class := range m.ClassNames {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(quoted(class))
		}
		b.WriteString("]\n")
	}
	b.WriteString("inputs:\n")
	for _, feature := range m.FeatureNames {
		fmt.Fprintf(&b, "  - {name: %s, type: number}\n", quoted(feature))
	}
	return []byte(b.String())
}

// quoted returns text as a double-quoted YAML scalar, which JSON strings are.
func quoted(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil { // no string fails
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}
