package scoring

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"hindsight/scoring/model"
	"hindsight/scoring/model/lightgbm"
	"hindsight/scoring/model/xgboost"
)

// ImportFormats are the sources that Import takes.
func ImportFormats() []string { return sortedKeys(importers()) }

// ImportLimit is the most bytes that a model file of a source may have.
func ImportLimit(from string) int64 { return importers()[from].limit }

// importer reads a model file of one source.
type importer struct {
	limit int64
	read  func(data []byte) (*imported, error)
}

// imported is a model file and the bundle that it becomes.
type imported struct {
	format  string
	model   model.Model
	data    []byte               // the file of the bundle
	classes []string             // none for a regression
	levels  func(i int) []string // texts of a categorical feature, nil for a number; may be nil
	unknown string               // what the library does with other texts
}

func importers() map[string]importer {
	return map[string]importer{
		"sklearn-linear": {model.MaxLinearBytes, func(data []byte) (*imported, error) {
			m, err := model.ParseSklearn(data)
			if err != nil {
				return nil, err
			}
			return &imported{format: linearFormat, model: m, data: m.AppendJSON(nil), classes: m.ClassNames}, nil
		}},
		"xgboost": {xgboost.MaxBytes, func(data []byte) (*imported, error) {
			m, err := xgboost.Parse(data)
			if err != nil {
				return nil, err
			}
			return &imported{format: "xgboost", model: m, data: data, classes: countedClasses(m), levels: m.Levels, unknown: "error"}, nil
		}},
		"lightgbm": {lightgbm.MaxBytes, func(data []byte) (*imported, error) {
			m, err := lightgbm.Parse(data)
			if err != nil {
				return nil, err
			}
			levels, err := m.Levels()
			if err != nil {
				return nil, fmt.Errorf("%w; let ops/python/hindsight_bundle.py make the bundle, which asks the frame, or train on codes", err)
			}
			i := &imported{format: "lightgbm", model: m, data: data, classes: countedClasses(m), unknown: "ignore"} // NaN
			if levels != nil {
				i.levels = func(i int) []string { return levels[i] }
			}
			return i, nil
		}},
	}
}

// countedClasses names the classes of a model that only counts them.
func countedClasses(m model.Model) []string {
	if m.Regression() {
		return nil
	}
	classes := make([]string, max(2, m.Outputs()))
	for i := range classes {
		classes[i] = strconv.Itoa(i)
	}
	return classes
}

// Import writes a bundle around the model file data: inputs are its features,
// at the event's paths of the same names, numbers unless the model knows the
// texts of a category. It has no tests yet. Dir is made; files of an earlier
// import there are replaced, anything else refused.
func Import(from string, data []byte, name, version, dir string) error {
	source, ok := importers()[from]
	if !ok {
		return fmt.Errorf("cannot import from %q; supported: %s", from, strings.Join(ImportFormats(), ", "))
	}
	if err := errors.Join(CheckName(name), CheckName(version)); err != nil {
		return err
	}
	m, err := source.read(data)
	if err != nil {
		return err
	}
	spec := m.spec(name, version)
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
	return errors.Join(m.write(f, spec), f.close())
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

func (m *imported) file() string { return formats()[m.format].file }

func (m *imported) write(f *files, spec []byte) error {
	if err := f.onlyHolds(bundleFile, m.file(), certificateFile); err != nil {
		return bundleError(f.dir, err)
	}
	if err := f.write(m.file(), m.data); err != nil {
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

// spec returns bundle.yaml for m.
func (m *imported) spec(name, version string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "name: %s\nversion: %s\n", quoted(name), quoted(version))
	if m.model.Regression() {
		b.WriteString("task: regression\n")
	} else {
		b.WriteString("task: classification\n")
	}
	fmt.Fprintf(&b, "model: {file: %s, format: %s}\n", m.file(), m.format)
	if len(m.classes) > 0 {
		fmt.Fprintf(&b, "classes: %s\n", quotedList(m.classes))
	}
	b.WriteString("inputs:\n")
	var preparation strings.Builder
	for i, feature := range m.model.Features() {
		kind := numberInput
		if m.levels != nil && m.levels(i) != nil {
			kind = categoryInput
			fmt.Fprintf(&preparation, "  - {input: %s, levels: %s, encode: index, unknown: %s, missing: ignore}\n",
				quoted(feature), quotedList(m.levels(i)), m.unknown)
		}
		fmt.Fprintf(&b, "  - {name: %s, type: %s}\n", quoted(feature), kind)
	}
	if preparation.Len() > 0 {
		b.WriteString("preparation:\n" + preparation.String())
	}
	return []byte(b.String())
}

func quotedList(texts []string) string {
	list := make([]string, len(texts))
	for i, text := range texts {
		list[i] = quoted(text)
	}
	return "[" + strings.Join(list, ", ") + "]"
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
