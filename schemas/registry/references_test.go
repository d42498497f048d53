package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"hindsight/schemas"
)

// subjects serves schemas by subject, version 1 of each; schema id 1 is that of subject "top".
type subjects map[string]sr.Schema

func (s subjects) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	name := "top"
	if rest, ok := strings.CutPrefix(req.URL.Path, "/subjects/"); ok {
		name = strings.TrimSuffix(rest, "/versions/1")
	}
	schema, ok := s[name]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"error_code":40401,"message":"no subject ` + name + `"}`))
		return
	}
	_ = json.NewEncoder(w).Encode(schema)
}

func schemaOf(text string, references ...string) sr.Schema {
	s := sr.Schema{Schema: text}
	for _, r := range references {
		s.References = append(s.References, sr.SchemaReference{Name: r, Subject: r, Version: 1})
	}
	return s
}

func record(name, namespace, fields string) string {
	ns := ""
	if namespace != "" {
		ns = fmt.Sprintf(`"namespace":%q,`, namespace)
	}
	return fmt.Sprintf(`{"type":"record","name":%q,%s"fields":[%s]}`, name, ns, fields)
}

func TestReferences(t *testing.T) {
	for name, c := range map[string]struct {
		subjects subjects
		want     string // the canonical form
	}{
		"one, used twice": {subjects{
			"top":  schemaOf(record("Order", "shop", `{"name":"a","type":"geo.Address"},{"name":"b","type":["null","geo.Address"]}`), "addr"),
			"addr": schemaOf(record("Address", "geo", `{"name":"city","type":"string"}`)),
		}, `{"name":"shop.Order","type":"record","fields":[{"name":"a","type":{"name":"geo.Address","type":"record","fields":[{"name":"city","type":"string"}]}},{"name":"b","type":["null","geo.Address"]}]}`},
		"by a short name": {subjects{
			"top":  schemaOf(record("Order", "shop", `{"name":"a","type":{"type":"array","items":"Address"}},{"name":"m","type":{"type":"map","values":{"type":"Address"}}}`), "addr"),
			"addr": schemaOf(record("Address", "shop", `{"name":"city","type":"string"}`)),
		}, `{"name":"shop.Order","type":"record","fields":[{"name":"a","type":{"type":"array","items":{"name":"shop.Address","type":"record","fields":[{"name":"city","type":"string"}]}}},{"name":"m","type":{"type":"map","values":"shop.Address"}}]}`},
		"of no namespace, within one": {subjects{
			"top":  schemaOf(record("Order", "shop", `{"name":"a","type":"Address"}`), "addr"),
			"addr": schemaOf(record("Address", "", `{"name":"kind","type":{"type":"enum","name":"Kind","symbols":["A"]}},{"name":"again","type":"Kind"}`)),
		}, `{"name":"shop.Order","type":"record","fields":[{"name":"a","type":{"name":"Address","type":"record","fields":[{"name":"kind","type":{"name":"Kind","type":"enum","symbols":["A"]}},{"name":"again","type":"Kind"}]}}]}`},
		"a type within a reference, used first": {subjects{
			"top":  schemaOf(record("Order", "shop", `{"name":"k","type":"geo.Kind"},{"name":"a","type":{"type":"geo.Address"}}`), "addr"),
			"addr": schemaOf(record("Address", "geo", `{"name":"kind","type":{"type":"enum","name":"Kind","symbols":["A"]}}`)),
		}, `{"name":"shop.Order","type":"record","fields":[{"name":"k","type":{"name":"geo.Kind","type":"enum","symbols":["A"]}},{"name":"a","type":{"name":"geo.Address","type":"record","fields":[{"name":"kind","type":"geo.Kind"}]}}]}`},
		"a diamond": {subjects{
			"top":   schemaOf(record("Top", "n", `{"name":"l","type":"Left"},{"name":"r","type":"Right"}`), "left", "right"),
			"left":  schemaOf(record("Left", "n", `{"name":"m","type":"Money"}`), "money"),
			"right": schemaOf(record("Right", "n", `{"name":"m","type":"Money"}`), "money"),
			"money": schemaOf(`{"type":"fixed","name":"Money","namespace":"n","size":8}`),
		}, `{"name":"n.Top","type":"record","fields":[{"name":"l","type":{"name":"n.Left","type":"record","fields":[{"name":"m","type":{"name":"n.Money","type":"fixed","size":8}}]}},{"name":"r","type":{"name":"n.Right","type":"record","fields":[{"name":"m","type":"n.Money"}]}}]}`},
		"the whole is a union of references": {subjects{
			"top": schemaOf(`["A","B"]`, "a", "b"),
			"a":   schemaOf(record("A", "", ``)),
			"b":   schemaOf(record("B", "", `{"name":"a","type":"A"}`), "a"),
		}, `[{"name":"A","type":"record","fields":[]},{"name":"B","type":"record","fields":[{"name":"a","type":"A"}]}]`},
	} {
		client, _ := newClient(t, c.subjects, nil)
		text, err := client.Schema(t.Context(), 1)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, err := schemas.CanonicalSchema(text); err != nil || got != c.want {
			t.Errorf("%s: %v\n got %s\nwant %s\nfrom %s", name, err, got, c.want, text)
		}
		if _, err := schemas.NewCodec(text); err != nil && !strings.Contains(name, "no namespace") {
			t.Errorf("%s: goavro: %v", name, err)
		}
	}
}

func TestReferencesThatAreRefused(t *testing.T) {
	chain := func(n int) subjects {
		s := subjects{"top": schemaOf(`"int"`, "s1")}
		for i := 1; i <= n; i++ {
			name := fmt.Sprint("s", i)
			s[name] = schemaOf(record("R"+name, "", ""))
			if i < n {
				s[name] = schemaOf(record("R"+name, "", ""), fmt.Sprint("s", i+1))
			}
		}
		return s
	}
	many := subjects{}
	var names []string
	for i := range maxReferences + 1 {
		name := fmt.Sprint("s", i)
		names = append(names, name)
		many[name] = schemaOf(record("R"+name, "", ""))
	}
	many["top"] = schemaOf(`"int"`, names...)
	large := schemaOf(record("L", "", `{"name":"x","type":"int","doc":"`+strings.Repeat("x", maxSchemaBytes-100)+`"}`))
	for name, c := range map[string]struct {
		subjects subjects
		want     error
		text     string
	}{
		"deepest":      {chain(maxReferenceDepth), nil, ""},
		"too deep":     {chain(maxReferenceDepth + 1), schemas.ErrSchema, "deeper than 16"},
		"too many":     {many, schemas.ErrSchema, "more than 100"},
		"a cycle":      {subjects{"top": schemaOf(`"int"`, "a"), "a": schemaOf(`"int"`, "b"), "b": schemaOf(`"int"`, "a")}, schemas.ErrSchema, "refers to itself"},
		"missing":      {subjects{"top": schemaOf(`"int"`, "a")}, schemas.ErrUnknownSchema, "reference a, subject a version 1"},
		"not JSON":     {subjects{"top": schemaOf(`"int"`, "a"), "a": schemaOf(`{`)}, schemas.ErrSchema, "reference a"},
		"top not JSON": {subjects{"top": schemaOf(`{`, "a"), "a": schemaOf(`"int"`)}, schemas.ErrSchema, "not JSON"},
		"of protobuf":  {subjects{"top": schemaOf(`"int"`, "a"), "a": {Schema: "message A {}", Type: sr.TypeProtobuf}}, schemas.ErrSchema, "PROTOBUF"},
		"large together": {subjects{"top": schemaOf(record("T", "", `{"name":"l","type":"L"},{"name":"m","type":"M"}`), "l", "m"), "l": large,
			"m": schemaOf(record("M", "", `{"name":"x","type":"int","doc":"`+strings.Repeat("x", 200)+`"}`))}, schemas.ErrSchema, "with its references"},
		"large alone": {subjects{"top": schemaOf(`"int"`, "l"), "l": schemaOf(large.Schema + strings.Repeat(" ", 200))}, schemas.ErrSchema, "at most"},
	} {
		client, asked := newClient(t, c.subjects, nil)
		_, err := client.Schema(t.Context(), 1)
		if c.want == nil {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) || !strings.Contains(err.Error(), "schema id 1") {
			t.Errorf("%s: %v", name, err)
		}
		before := asked.asked.Load()
		if _, err := client.Schema(t.Context(), 1); !errors.Is(err, c.want) || asked.asked.Load() != before {
			t.Errorf("%s: asked again", name)
		}
	}
}

// TestRecursionAcrossReferencesEnds: what is recursive is for Admit to refuse.
func TestRecursionAcrossReferencesEnds(t *testing.T) {
	client, _ := newClient(t, subjects{
		"top":  schemaOf(record("Top", "", `{"name":"n","type":"Node"}`), "node"),
		"node": schemaOf(record("Node", "", `{"name":"next","type":["null","Node"]}`)),
	}, nil)
	text, err := client.Schema(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := schemas.Admit(text); !errors.Is(err, schemas.ErrSchema) || !strings.Contains(err.Error(), "contains itself") {
		t.Error(err)
	}
}

func TestReferencesOfTheFake(t *testing.T) {
	fake := srfake.NewRegistry()
	fake.SeedSchema("addr", 1, 5, sr.Schema{Schema: record("Address", "geo", `{"name":"city","type":"string"}`)})
	fake.SeedSchema("order", 1, 6, sr.Schema{Schema: record("Order", "shop", `{"name":"a","type":"geo.Address"}`),
		References: []sr.SchemaReference{{Name: "geo.Address", Subject: "addr", Version: 1}}})
	client, _ := newClient(t, fake.Handler(), nil)
	fields := []schemas.Field{{Path: "a.city", Type: schemas.Text}}
	r, err := schemas.NewReader(schemas.Confluent, "", client.Schema, fields)
	if err != nil {
		t.Fatal(err)
	}
	row := schemas.NewRow(fields)
	if err := r.Read(t.Context(), append(schemas.ConfluentFraming(6), 4, 'H', 'H'), row); err != nil || string(row.Texts[0]) != "HH" {
		t.Errorf("%s, %v", row.Texts, err)
	}
	if err := r.Read(t.Context(), append(schemas.ConfluentFraming(99), 0), row); !errors.Is(err, schemas.ErrUnknownSchema) {
		t.Error(err)
	}
}
