package scoring

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"unicode"
)

// refPattern is what names and versions look like; '@' stands between them.
var refPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)

// CheckName returns an error where name cannot be that of a bundle or a version.
func CheckName(name string) error {
	if !refPattern.MatchString(name) {
		return fmt.Errorf("%q is not a name: wants letters, digits, '.', '_' and '-', at most 128", name)
	}
	return nil
}

// checkText refuses empty, overlong and control-laden texts.
func checkText(text string, limit int) error {
	switch {
	case text == "":
		return fmt.Errorf("is empty")
	case len(text) > limit:
		return fmt.Errorf("is longer than %d bytes", limit)
	case strings.ContainsFunc(text, unicode.IsControl):
		return fmt.Errorf("%q holds a control character", text)
	}
	return nil
}

// checkPath refuses file names that could lead out of the bundle.
func checkPath(name string) error {
	if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, `\:`) {
		return fmt.Errorf("%q is not a path inside the bundle", name)
	}
	return nil
}
