package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What config show prints loads to the same configuration, wherever it lies.
func TestShownLoadsToTheSame(t *testing.T) {
	template, err := Template()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"", full, string(template),
		"kafka: {tls: {}, group: '$${HOME}'}",
		"labels: {map: {'a: b': '#', '': 'null', 'true': '1.0', '$${': \"}\"}, missing: {assumed: 'no'}}",
		"{events: {segments: [region, tier]}, labels: {horizon: 1d, horizons: [{segment: {region: '1.0', tier: a}, horizon: 30d}, {horizon: 2d, segment: {tier: b}}]}}",
		"events: {topic: 'no', wire: bare, schema: 'it''s {here}, [and] there', id: id}",
		"kafka: {group: \"a\\nb\\t\\\"c\\\" \\u00e9 \\u2028 \\x07\"}",
		"watch: {alarms: [{name: '- x', metric: auc, window: day, above: 1e-9}]}",
	} {
		cfg := mustParse(t, text)
		if cfg.Kafka.SASL != nil {
			cfg.Kafka.SASL.Password = NewSecret(redacted) // shown as nothing else
		}
		if !cfg.Registry.Password.IsZero() {
			cfg.Registry.Password = NewSecret(redacted)
		}
		shown, err := cfg.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(shown, "/elsewhere")
		if err != nil {
			t.Errorf("%s\nis shown as\n%s\nwhich does not load: %v", text, shown, err)
			continue
		}
		if diff := cmp.Diff(cfg, again, same()); diff != "" {
			t.Errorf("%s\nis shown as\n%s\n(-shown +loaded)\n%s", text, shown, diff)
		}
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	const secret = "hunter2"
	cfg := mustParse(t, strings.ReplaceAll(full, "password: also", "password: hunter2"))
	yaml, err := cfg.YAML()
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "secret", cfg.Registry.Password, "config", cfg)
	for _, text := range []string{
		string(yaml), string(asJSON), logged.String(), fmt.Sprint(cfg.Registry), fmt.Sprintf("%+v", *cfg.Kafka.SASL),
		fmt.Sprintf("%#v", cfg.Registry), fmt.Sprintf("%d %x %q %s", cfg.Registry.Password, cfg.Registry.Password, cfg.Registry.Password, cfg.Registry.Password),
	} {
		if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
			t.Errorf("tells the secret: %s", text)
		}
	}
	if !strings.Contains(string(yaml), "<secret>") {
		t.Errorf("does not say that there is a secret:\n%s", yaml)
	}
}

func TestTemplateHoldsTheDefaults(t *testing.T) {
	template, err := Template()
	if err != nil {
		t.Fatal(err)
	}
	cfg := mustParse(t, string(template))
	if err := cfg.For(AllStages()); err != nil {
		t.Errorf("config init misses what the stages need: %v", err)
	}
	none := mustParse(t, "registry: {url: http://127.0.0.1:8081}")
	for _, section := range []string{"Scores", "Output", "Topics", "State", "HTTP"} {
		got, want := reflect.ValueOf(*cfg).FieldByName(section).Interface(), reflect.ValueOf(*none).FieldByName(section).Interface()
		if diff := cmp.Diff(want, got, same()); diff != "" {
			t.Errorf("%s of config init differs from the defaults (-want +got)\n%s", section, diff)
		}
	}
}

// keyPaths returns every key that the structs have, as keys.txt writes them.
func keyPaths(t reflect.Type, path string) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct {
			path += "[]"
		}
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || isScalar(t) {
		return nil
	}
	var all []string
	for f := range structFields(t) {
		at := join(path, keyName(f))
		all = append(append(all, at), keyPaths(f.Type, at)...)
	}
	return all
}

func TestEveryKeyHasADoc(t *testing.T) {
	var documented []string
	for _, k := range Keys() {
		documented = append(documented, k.Path)
		if k.Doc == "" || strings.HasSuffix(k.Doc, ".") {
			t.Errorf("doc of %s is %q, want words without a full stop", k.Path, k.Doc)
		}
	}
	if diff := cmp.Diff(keyPaths(reflect.TypeFor[Config](), ""), documented); diff != "" {
		t.Errorf("keys.txt does not have the keys of the structs in their order (-structs +keys.txt)\n%s", diff)
	}
	if lines := strings.Count(strings.TrimSpace(keyTable), "\n") + 1; lines != len(documented) {
		t.Errorf("keys.txt has %d lines and %d keys", lines, len(documented))
	}
}

func TestJSONSchema(t *testing.T) {
	text, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	at := func(path ...string) map[string]any {
		t.Helper()
		node := root
		for _, p := range path {
			next, ok := node[p].(map[string]any)
			if !ok {
				t.Fatalf("no %s at %v in\n%s", p, path, text)
			}
			node = next
		}
		return node
	}
	if at("properties", "kafka")["additionalProperties"] != false {
		t.Error("kafka allows keys that it does not have")
	}
	if got := at("properties", "events", "properties", "max_bytes")["default"]; got != "1MiB" {
		t.Errorf("default of events.max_bytes = %v, want 1MiB", got)
	}
	alarm := at("properties", "watch", "properties", "alarms", "items")
	if diff := cmp.Diff([]any{"name"}, alarm["required"]); diff != "" {
		t.Errorf("required of an alarm (-want +got)\n%s", diff)
	}
	properties := alarm["properties"].(map[string]any)
	if got := properties["min_labels"].(map[string]any)["default"]; got != 200.0 {
		t.Errorf("default of min_labels = %v, want the number 200", got)
	}
	for _, k := range Keys() {
		if !strings.Contains(string(text), jsonText(t, k.Doc)) {
			t.Errorf("the schema lacks the doc of %s", k.Path)
		}
	}
}

func jsonText(t *testing.T, s string) string {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
