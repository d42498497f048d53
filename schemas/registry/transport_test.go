package registry

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/sr"

	"hindsight/schemas"
)

func TestBodyIsLimited(t *testing.T) {
	for size, ok := range map[int]bool{maxBody - 100: true, maxBody + 1: false, 10 * maxBody: false} {
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"schema":"`+strings.Repeat("a", size-14)+`"} `)
		})
		c, _ := newClient(t, h, nil)
		text, err := c.Schema(t.Context(), 7)
		if ok && (err != nil || len(text) != size-14) {
			t.Errorf("%d bytes: %d, %v", size, len(text), err)
		}
		if !ok && (!errors.Is(err, schemas.ErrUnavailable) || !strings.Contains(err.Error(), "more than 4194304 bytes")) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := roundTrip(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		for given, want := range map[time.Duration]time.Duration{0: timeout, time.Second: time.Second, time.Hour: timeout} {
			c, err := New(Options{URL: "http://registry.test", HTTPClient: &http.Client{Transport: never, Timeout: given}})
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			_, err = c.Schema(t.Context(), 7)
			if took := time.Since(start); !errors.Is(err, schemas.ErrUnavailable) || took != want {
				t.Errorf("%s: %v after %s", given, err, took)
			}
		}
	})
}

func TestRedirects(t *testing.T) {
	reached := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer other.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/schemas/ids/1", func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, other.URL+"/schemas/ids/1", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/schemas/ids/2", func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, "/schemas/ids/3", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/schemas/ids/3", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(sr.Schema{Schema: event})
	})
	mux.HandleFunc("/schemas/ids/4", func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, "/schemas/ids/4", http.StatusTemporaryRedirect)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	c, err := New(Options{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Schema(t.Context(), 1); !errors.Is(err, schemas.ErrUnavailable) || !strings.Contains(err.Error(), "another host") || reached {
		t.Errorf("to another host: %v, reached: %v", err, reached)
	}
	if text, err := c.Schema(t.Context(), 2); err != nil || text != event {
		t.Errorf("on the host: %s, %v", text, err)
	}
	if _, err := c.Schema(t.Context(), 4); !errors.Is(err, schemas.ErrUnavailable) || !strings.Contains(err.Error(), "redirects") {
		t.Errorf("in a circle: %v", err)
	}
}

func TestCredentials(t *testing.T) {
	const secret = "canary-7f3a"
	var got string
	h := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		got = req.Header.Get("Authorization")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, "you sent "+got+" and "+secret)
	})
	for want, change := range map[string]func(*Options){
		"Basic YW5uOmNhbmFyeS03ZjNh": func(o *Options) { o.URL = "http://ann:" + secret + "@registry.test" },
		"Basic Ym9iOmNhbmFyeS03ZjNh": func(o *Options) { o.User, o.Password = "bob", secret },
		"Bearer " + secret:           func(o *Options) { o.Bearer = secret },
	} {
		c, _ := newClient(t, h, change)
		_, err := c.Schema(t.Context(), 7)
		if got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
		if !errors.Is(err, schemas.ErrUnavailable) || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "Basic") {
			t.Errorf("%v", err)
		}
	}
	for _, bad := range []string{"", "registry:8081", "ftp://ann:" + secret + "@x", "http://", "http://ann:" + secret + "@x?q=1", "http://ann:" + secret + "@[x", "://ann:" + secret} {
		if _, err := New(Options{URL: bad}); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	down, err := New(Options{URL: "http://ann:" + secret + "@127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := down.Schema(t.Context(), 7); !errors.Is(err, schemas.ErrUnavailable) || strings.Contains(err.Error(), secret) {
		t.Errorf("%v", err)
	}
}
