package scoring

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ImportFormats are the sources that Import takes.
func ImportFormats() []string { return sortedKeys(importers()) }

// ImportLimit is the most bytes that a model file of a source may have.
func ImportLimit(from string) int64 { return importers()[from].limit }

// Import writes a bundle around the model file data: inputs are its features,
// at the event's paths of the same names, numbers unless the model knows the
// texts of a category. It has no tests yet. Dir is made; files of an earlier
// import there are replaced, anything else refused.
func Import(from string, data []byte, name, version, dir string) error {
	source, ok := importers()[from]
	if !ok {
		return fmt.Errorf("cannot import from %q; supported: %s", from, strings.Join(ImportFormats(), ", "))
	}
	m, err := source.read(data)
	if err != nil {
		return err
	}
	return m.writeTo(dir, name, version)
}

// writeTo writes m as the bundle NAME@VERSION in dir.
func (m *imported) writeTo(dir, name, version string) error {
	if err := errors.Join(CheckName(name), CheckName(version)); err != nil {
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
		path := ""
		if m.paths != nil {
			path = ", path: " + quoted(m.paths[i])
		}
		fmt.Fprintf(&b, "  - {name: %s, type: %s%s}\n", quoted(feature), kind, path)
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
