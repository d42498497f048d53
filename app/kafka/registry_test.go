package kafka

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hindsight/app/config"
)

func TestRegistry(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/subjects", func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "me" || password != "right" {
			http.Error(w, `{"error_code":401,"message":"no"}`, http.StatusUnauthorized)
			return
		}
		w.Write([]byte(`["x-value"]`))
	})
	mux.HandleFunc("/long/subjects", func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(`["` + strings.Repeat("x", mostRegistryBytes) + `"]`))
	})
	mux.Handle("/moved/", http.RedirectHandler("/subjects", http.StatusFound))
	server := httptest.NewServer(mux)
	defer server.Close()
	subjects := func(path, password string) ([]string, error) {
		client, err := Registry(config.Registry{URL: server.URL + path, User: "me", Password: config.NewSecret(password)})
		if err != nil {
			t.Fatal(err)
		}
		return client.Subjects(t.Context())
	}
	if got, err := subjects("", "right"); err != nil || len(got) != 1 {
		t.Errorf("Subjects = %v, %v, want one", got, err)
	}
	if got, err := subjects("", "wrong"); err == nil {
		t.Errorf("Subjects with a wrong password = %v", got)
	}
	if _, err := subjects("/long", "right"); !errors.Is(err, errLongAnswer) {
		t.Errorf("Subjects of a long answer: %v, want errLongAnswer", err)
	}
	if _, err := subjects("/moved", "right"); err == nil || !strings.Contains(err.Error(), "redirects") {
		t.Errorf("Subjects through a redirect: %v, want a refusal", err)
	}
	if client, err := Registry(config.Registry{}); client != nil || err != nil {
		t.Errorf("Registry of nothing = %v, %v", client, err)
	}
}
