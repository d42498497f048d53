package config

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// References to the environment are hidden from the YAML parser as private-use
// runes and expanded in the scalars it returns. So ${NAME} also stands inside
// {…} and […], a comment may mention one, and no value of the environment can
// change the structure of the file.
const (
	envOpen  = "\ue000"
	envClose = "\ue001"
	envPlain = "\ue002" // $${, which stands for ${ itself
)

func hideEnv(text string) string {
	pattern := regexp.MustCompile(`\$\$\{|\$\{[A-Za-z_][A-Za-z0-9_]*\}`)
	return pattern.ReplaceAllStringFunc(text, func(ref string) string {
		if ref == "$${" {
			return envPlain
		}
		return envOpen + ref[2:len(ref)-1] + envClose
	})
}

// showEnv undoes hideEnv, for messages.
func showEnv(text string) string {
	return strings.NewReplacer(envOpen, "${", envClose, "}", envPlain, "$${").Replace(text)
}

// expandEnv replaces the references in one scalar. The error names what is not
// defined or not a reference, never a value.
func expandEnv(text string) (string, error) {
	if i := strings.Index(text, "${"); i >= 0 {
		return "", fmt.Errorf("%q is not a reference to the environment: write ${NAME}, or $${ for the two characters", showEnv(shorten(text[i:])))
	}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, envOpen)
		out.WriteString(strings.ReplaceAll(before, envPlain, "${"))
		if !found {
			return out.String(), nil
		}
		name, after, closed := strings.Cut(rest, envClose)
		if !closed {
			return "", fmt.Errorf("holds a character that no value may hold")
		}
		value, ok := os.LookupEnv(name)
		if !ok {
			return "", fmt.Errorf("${%s} is not defined in the environment", name)
		}
		out.WriteString(value)
		text = after
	}
}
