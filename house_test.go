package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	module   = "hindsight"
	maxLines = 500     // of any Go file, tests and generated ones included
	maxBytes = 6 << 20 // of any other file: golden data, embedded data, vendored assets
)

// mayImport is the whole architecture: what a folder (the longest prefix wins)
// may import of this module, each entry with what lies under it. Tests obey it too.
var mayImport = map[string][]string{
	".":                   {"cli"},
	"cli":                 {"app", "consumer", "scoring", "drift", "schemas"}, // labels and dashboard only through app
	"app":                 {"app", "consumer", "scoring", "labels", "drift", "dashboard", "schemas"},
	"app/audit":           {"labels", "drift", "schemas"}, // pure: records and commits in, a report out
	"app/config":          {"schemas"},
	"consumer":            {"consumer", "schemas"},
	"scoring":             {"scoring", "schemas"},
	"labels":              {"labels", "schemas"},
	"drift":               {"drift", "schemas"},
	"dashboard":           {"dashboard", "schemas"},
	"schemas":             {"schemas"},
	"integration":         {"app", "cli", "consumer", "dashboard", "schemas"},
	"integration/torture": {}, // its oracle believes nothing that the program says of itself
	"bench":               {"app", "labels", "schemas"},
	"bench/models":        {"scoring"}, // measured beside the libraries
}

// A use says which folders may touch a third-party package, and which only in tests.
type use struct{ code, tests []string }

var everywhere = []string{"."}

// mayUse names every third-party package that may be imported at all; the longest prefix wins.
var mayUse = map[string]use{
	"github.com/twmb/franz-go":                    {code: []string{"consumer", "app", "cli", "integration", "bench"}},
	"github.com/twmb/franz-go/pkg/sr":             {code: []string{"schemas", "app", "cli"}, tests: []string{"integration"}},
	"github.com/twmb/franz-go/pkg/sr/srfake":      {code: []string{"app/demo"}, tests: everywhere},
	"github.com/twmb/franz-go/pkg/kfake":          {code: []string{"app/demo"}, tests: everywhere},
	"github.com/twmb/franz-go/plugin/kprom":       {code: []string{"consumer", "app"}},
	"github.com/twmb/franz-go/plugin/kslog":       {code: []string{"consumer", "app"}},
	"github.com/linkedin/goavro/v2":               {code: []string{"schemas", "app/publish", "integration/torture"}, tests: everywhere},
	"github.com/cockroachdb/pebble/v2":            {code: []string{"labels/store", "integration/hampered"}, tests: []string{"app"}},
	"github.com/spf13/cobra":                      {code: []string{"cli"}},
	"github.com/spf13/pflag":                      {code: []string{"cli"}},
	"github.com/goccy/go-yaml":                    {code: []string{"app", "scoring"}, tests: everywhere},
	"github.com/prometheus/client_golang":         {code: []string{"app", "consumer"}, tests: []string{"integration"}},
	"github.com/prometheus/client_model":          {code: []string{"app"}, tests: []string{"integration"}},
	"github.com/prometheus/common":                {code: []string{"app"}, tests: []string{"integration"}},
	"github.com/prometheus/exporter-toolkit":      {code: []string{"app"}},
	"github.com/yalue/onnxruntime_go":             {code: []string{"scoring/model/onnx"}},
	"google.golang.org/protobuf":                  {code: []string{"scoring/model/onnx"}, tests: []string{"scoring"}},
	"gonum.org/v1/gonum":                          {code: []string{"scoring", "drift"}, tests: everywhere},
	"oras.land/oras-go/v2":                        {code: []string{"scoring/origin"}},
	"github.com/opencontainers":                   {code: []string{"scoring/origin"}},
	"golang.org/x/term":                           {code: []string{"cli", "app"}},
	"golang.org/x/sync":                           {code: []string{"app", "consumer", "labels/store"}},
	"github.com/testcontainers/testcontainers-go": {tests: []string{"integration"}},
	"github.com/Shopify/toxiproxy/v2":             {code: []string{"integration/torture"}},
	"github.com/rs/zerolog":                       {code: []string{"integration/torture"}}, // toxiproxy wants one
	"github.com/moby/moby/api":                    {tests: []string{"integration"}},
	"github.com/chromedp":                         {tests: []string{"integration"}},
	"github.com/google/go-cmp":                    {tests: everywhere},
	"github.com/rogpeppe/go-internal":             {tests: everywhere},
}

// TestHouse holds this repository to the rules above and below.
func TestHouse(t *testing.T) {
	faults, err := inspect(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Error(f)
	}
}

// inspect returns every breach of the house rules under root, sorted. It only
// parses, so build tags hide nothing from it.
func inspect(root fs.FS) ([]string, error) {
	h := &house{fset: token.NewFileSet(), docs: map[string][]string{}, packages: map[string]string{}}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if hidden := strings.HasPrefix(d.Name(), ".") && name != "."; hidden || name == "state" || name == "dist" {
				return fs.SkipDir
			}
			return nil
		case name == "go.mod":
			return h.goMod(root)
		case path.Ext(name) == ".go" && !strings.Contains(name, "testdata/"):
			return h.goFile(root, name)
		case name != module && path.Ext(name) != ".test" && path.Ext(name) != ".out": // what git ignores
			return h.dataFile(name, d)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	h.packageComments()
	slices.Sort(h.faults)
	return h.faults, nil
}

type house struct {
	fset     *token.FileSet
	docs     map[string][]string // folder → files with a package comment
	packages map[string]string   // folder → name of its package
	faults   []string
}

func (h *house) fault(where, format string, args ...any) {
	h.faults = append(h.faults, where+": "+fmt.Sprintf(format, args...))
}

func (h *house) goMod(root fs.FS) error {
	data, err := fs.ReadFile(root, "go.mod")
	for line := range strings.Lines(string(data)) {
		if word, _, _ := strings.Cut(strings.TrimSpace(line), " "); word == "replace" {
			h.fault("go.mod", "no replace: it breaks go install module@version")
		}
	}
	return err
}

func (h *house) dataFile(name string, d fs.DirEntry) error {
	info, err := d.Info()
	if err == nil && info.Size() > maxBytes {
		h.fault(name, "%d bytes, more than %d: make the data at test time, or ship less of it", info.Size(), maxBytes)
	}
	return err
}

func (h *house) goFile(root fs.FS, name string) error {
	src, err := fs.ReadFile(root, name)
	if err != nil {
		return err
	}
	f, err := parser.ParseFile(h.fset, name, src, parser.ParseComments)
	if err != nil {
		return err
	}
	dir, test := path.Dir(name), strings.HasSuffix(name, "_test.go")
	if n := h.fset.File(f.Pos()).LineCount(); n > maxLines {
		h.fault(name, "%d lines, more than %d: split it by what it owns", n, maxLines)
	}
	if !test {
		h.packages[dir] = f.Name.Name
		if f.Doc != nil {
			h.docs[dir] = append(h.docs[dir], path.Base(name))
			if f.Name.Name != "main" && !strings.HasPrefix(f.Doc.Text(), "Package "+f.Name.Name+" ") {
				h.fault(name, "the package comment begins with %q", "Package "+f.Name.Name+" ")
			}
		}
	} else if f.Doc != nil {
		h.fault(name, "no package comment in a test file")
	}
	for _, imp := range f.Imports {
		h.imported(name, imp, test)
	}
	h.statements(name, f, test)
	return nil
}

func (h *house) imported(name string, imp *ast.ImportSpec, test bool) {
	p, err := strconv.Unquote(imp.Path.Value)
	if err != nil {
		h.fault(name, "import %s: %v", imp.Path.Value, err)
		return
	}
	dir := path.Dir(name)
	first, _, _ := strings.Cut(p, "/")
	switch {
	case first == module:
		to := strings.TrimPrefix(strings.TrimPrefix(p, module), "/")
		from, ok := longestPrefix(mayImport, dir)
		if !ok {
			h.fault(name, "folder %s is not in the table of who may import whom", dir)
		} else if !under(to, mayImport[from]) && (to != dir || !test) {
			h.fault(name, "must not import %s; %s may import %v", p, from, mayImport[from])
		}
	case strings.Contains(first, "."):
		mod, ok := longestPrefix(mayUse, p)
		if u := mayUse[mod]; !ok || !under(dir, u.code) && (!test || !under(dir, u.tests)) {
			h.fault(name, "must not import %s", p)
		}
	}
}

// longestPrefix returns the key of table that is p or its nearest parent path.
func longestPrefix[V any](table map[string]V, p string) (string, bool) {
	for {
		if _, ok := table[p]; ok {
			return p, true
		}
		parent := path.Dir(p)
		if parent == "." || parent == p {
			return "", false
		}
		p = parent
	}
}

// under tells whether p is one of the folders or lies in one.
func under(p string, folders []string) bool {
	return slices.ContainsFunc(folders, func(d string) bool {
		return d == "." || p == d || strings.HasPrefix(p, d+"/")
	})
}

func (h *house) statements(name string, f *ast.File, test bool) {
	var bubbles []ast.Node
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				h.fault(name, "no func init: construct it where it is used")
			}
		case *ast.CallExpr:
			if selects(n.Fun, "synctest", "Test") {
				bubbles = append(bubbles, n)
			}
			if test {
				h.skip(n)
			}
		case *ast.SelectorExpr:
			where := h.fset.Position(n.Pos()).String()
			inBubble := slices.ContainsFunc(bubbles, func(b ast.Node) bool { return b.Pos() <= n.Pos() && n.End() <= b.End() })
			switch {
			case selects(n, "time", "Sleep") && test && !inBubble:
				h.fault(where, "time.Sleep outside a synctest bubble: wait for the thing itself")
			case selects(n, "os", "Exit") && (path.Base(name) != "main.go" || f.Name.Name != "main"):
				h.fault(where, "os.Exit outside main.go: return an error")
			}
		}
		return true
	})
}

func selects(e ast.Expr, pkg, name string) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != name {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == pkg
}

// skip reports a test that is skipped without saying why.
func (h *house) skip(call *ast.CallExpr) {
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, s.Sel.Name) {
		return
	}
	if x, ok := s.X.(*ast.Ident); !ok || !slices.Contains([]string{"t", "b", "f", "tb"}, x.Name) {
		return
	}
	if len(call.Args) > 0 {
		if text, ok := call.Args[0].(*ast.BasicLit); !ok || len(text.Value) > 2 {
			return
		}
	}
	h.fault(h.fset.Position(call.Pos()).String(), "a skipped test says why")
}

func (h *house) packageComments() {
	for dir, name := range h.packages {
		want := "doc.go"
		if name == "main" {
			want = "main.go"
		}
		if files := h.docs[dir]; !slices.Equal(files, []string{want}) {
			h.fault(dir, "package comments in %v, want exactly one, in %s", files, want)
		}
	}
}

// TestHouseSees plants one breach of each rule into a sound tree of files.
func TestHouseSees(t *testing.T) {
	long := "package consumer\n" + strings.Repeat("\n", maxLines)
	for _, tt := range []struct{ name, file, text, want string }{
		{"sound", "consumer/group.go", "package consumer\n", ""},
		{"upward import", "consumer/group.go", "package consumer\nimport _ \"hindsight/app\"\n", "consumer/group.go: must not import hindsight/app;"},
		{"core imports core", "labels/join.go", "package labels\nimport _ \"hindsight/drift/metric\"\n", "labels/join.go: must not import hindsight/drift/metric;"},
		{"test imports core", "labels/join_test.go", "package labels\nimport _ \"hindsight/scoring\"\n", "labels/join_test.go: must not import hindsight/scoring;"},
		{"config is a leaf", "app/config/load.go", "package config\nimport _ \"hindsight/consumer\"\n", "app/config/load.go: must not import hindsight/consumer;"},
		{"imports integration", "app/app.go", "package app\nimport _ \"hindsight/integration\"\n", "app/app.go: must not import hindsight/integration;"},
		{"imports bench", "cli/bench.go", "package cli\nimport _ \"hindsight/bench\"\n", "cli/bench.go: must not import hindsight/bench;"},
		{"allowed import", "app/app.go", "package app\nimport _ \"hindsight/drift/metric\"\n", ""},
		{"external test", "labels/join_test.go", "package labels_test\nimport _ \"hindsight/labels\"\n", ""},
		{"new folder", "util/util.go", "package util\nimport _ \"hindsight/schemas\"\n", "util/util.go: folder util is not in the table"},
		{"pebble outside its store", "labels/join.go", "package labels\nimport _ \"github.com/cockroachdb/pebble/v2\"\n", "labels/join.go: must not import github.com/cockroachdb/pebble/v2"},
		{"pebble inside", "labels/store/pebble.go", "package store\nimport _ \"github.com/cockroachdb/pebble/v2/vfs\"\n", ""},
		{"unknown module", "labels/join.go", "package labels\nimport _ \"example.org/left-pad\"\n", "labels/join.go: must not import example.org/left-pad"},
		{"test library in code", "schemas/score.go", "package schemas\nimport _ \"github.com/google/go-cmp/cmp\"\n", "schemas/score.go: must not import github.com/google/go-cmp/cmp"},
		{"test library in a test", "schemas/score_test.go", "package schemas\nimport _ \"github.com/google/go-cmp/cmp\"\n", ""},
		{"fake broker in code", "app/app.go", "package app\nimport _ \"github.com/twmb/franz-go/pkg/kfake\"\n", "app/app.go: must not import github.com/twmb/franz-go/pkg/kfake"},
		{"long file", "consumer/long.go", long, "consumer/long.go: 501 lines, more than 500"},
		{"as long as may be", "consumer/long.go", long[:len(long)-1], ""},
		{"second package comment", "consumer/group.go", "// Package consumer again.\npackage consumer\n", "consumer: package comments in [doc.go group.go]"},
		{"no package comment", "dashboard/view.go", "package dashboard\n", "dashboard: package comments in [], want exactly one, in doc.go"},
		{"comment of another package", "dashboard/doc.go", "// The page.\npackage dashboard\n", "dashboard/doc.go: the package comment begins with"},
		{"comment in a test", "consumer/group_test.go", "// Package consumer tests.\npackage consumer\n", "consumer/group_test.go: no package comment"},
		{"init", "consumer/group.go", "package consumer\nfunc init() {}\n", "consumer/group.go: no func init"},
		{"method init", "consumer/group.go", "package consumer\ntype g int\nfunc (g) init() {}\n", ""},
		{"sleep", "consumer/group_test.go", "package consumer\nfunc f() { time.Sleep(1) }\n", "consumer/group_test.go:2:12: time.Sleep"},
		{"sleep in a bubble", "consumer/group_test.go", "package consumer\nfunc f() { synctest.Test(t, func() { time.Sleep(1) }) }\n", ""},
		{"sleep after a bubble", "consumer/group_test.go", "package consumer\nfunc f() { synctest.Test(t, g); time.Sleep(1) }\n", "consumer/group_test.go:2:33: time.Sleep"},
		{"bare skip", "consumer/group_test.go", "package consumer\nfunc f() { t.Skip() }\n", "consumer/group_test.go:2:12: a skipped test says why"},
		{"empty skip", "consumer/group_test.go", "package consumer\nfunc f() { t.Skip(\"\") }\n", "consumer/group_test.go:2:12: a skipped test says why"},
		{"skip with a reason", "consumer/group_test.go", "package consumer\nfunc f() { t.Skip(\"needs root\") }\n", ""},
		{"exit", "consumer/group.go", "package consumer\nfunc f() { os.Exit(1) }\n", "consumer/group.go:2:12: os.Exit"},
		{"exit in main", "bench/rawcopy/main.go", "// Rawcopy copies.\npackage main\nfunc main() { os.Exit(1) }\n", ""},
		{"replace", "go.mod", "module hindsight\n\nreplace (\n\ta => b\n)\n", "go.mod: no replace"},
		{"replace on one line", "go.mod", "module hindsight\nreplace a => b\n", "go.mod: no replace"},
		{"large golden", "drift/testdata/golden.csv", strings.Repeat("1", maxBytes+1), "drift/testdata/golden.csv: 6291457 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tree := map[string]string{
				"go.mod":          "module hindsight\n",
				"main.go":         "// Hindsight watches.\npackage main\nimport \"hindsight/cli\"\nfunc main() { os.Exit(cli.Main()) }\n",
				"consumer/doc.go": "// Package consumer owns groups.\npackage consumer\nimport _ \"github.com/twmb/franz-go/pkg/kgo\"\n",
			}
			tree[tt.file] = tt.text
			if dir := path.Dir(tt.file); path.Ext(tt.file) == ".go" && !strings.Contains("dashboard bench/rawcopy", dir) {
				doc := path.Join(dir, "doc.go")
				tree[doc] = fmt.Sprintf("// Package %s is sound.\npackage %[1]s\n", path.Base(dir))
			}
			files := fstest.MapFS{}
			for _, name := range slices.Sorted(maps.Keys(tree)) {
				files[name] = &fstest.MapFile{Data: []byte(tree[name])}
			}
			got, err := inspect(files)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case tt.want == "" && len(got) > 0:
				t.Errorf("faults in a sound tree: %q", got)
			case tt.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], tt.want)):
				t.Errorf("faults %q, want one that begins with %q", got, tt.want)
			}
		})
	}
}
