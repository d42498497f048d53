package scoring

import (
	"errors"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// scalarText returns a scalar as it is written, without quotes; false for
// null, collections, aliases, anchors and tags.
func scalarText(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		if n.Value == nil {
			return "", true
		}
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// isNull reports whether node is null or nothing.
func isNull(node ast.Node) bool {
	if node == nil {
		return true
	}
	_, ok := node.(*ast.NullNode)
	return ok
}

// lineOf returns the line that node begins at, 0 where it does not know.
func lineOf(node ast.Node) int {
	if v := reflect.ValueOf(node); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return 0
	}
	switch n := node.(type) {
	case *ast.MappingNode:
		if len(n.Values) > 0 {
			return lineOf(n.Values[0])
		}
	case *ast.MappingValueNode:
		return lineOf(n.Key)
	case *ast.SequenceNode:
		if len(n.Values) > 0 {
			return lineOf(n.Values[0])
		}
	}
	if token := node.GetToken(); token != nil && token.Position != nil {
		return token.Position.Line
	}
	return 0
}

// yamlFault takes the line and the bare message out of an error of goccy.
func yamlFault(err error) (line int, text string) {
	var fault yaml.Error
	if errors.As(err, &fault) {
		if token := fault.GetToken(); token != nil && token.Position != nil {
			line = token.Position.Line
		}
		return line, fault.GetMessage()
	}
	text, _, _ = strings.Cut(err.Error(), "\n")
	return 0, text
}

// tooDeep returns the first line at which data may be nested deeper than the
// limits, else 0. It counts brackets in quotes too: it may only err on the safe side.
func tooDeep(data []byte) (line int) {
	line = 1
	open, lead, leading := 0, 0, true
	for _, c := range data {
		switch {
		case c == '\n':
			line++
			lead, leading = 0, true
			continue
		case c == '[' || c == '{':
			open++
		case c == ']' || c == '}':
			open = max(open-1, 0)
		}
		leading = leading && (c == ' ' || c == '-' || c == '?' || c == ':' || c == '\t')
		if leading {
			lead++
		}
		if open > maxYAMLNesting || lead > maxYAMLIndent {
			return line
		}
	}
	return 0
}
