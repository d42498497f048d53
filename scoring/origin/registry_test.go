package origin

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// registry is as much of the OCI distribution protocol as a push and a pull need.
type registry struct {
	mutex     sync.Mutex
	blobs     map[string][]byte // by digest
	manifests map[string][]byte // by tag and digest
	pulled    int               // blobs
	gone      func()            // stops it
}

// newRegistry starts one and returns its address as a reference has it.
func newRegistry(t *testing.T) (*registry, string) {
	r := &registry{blobs: map[string][]byte{}, manifests: map[string][]byte{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.gone = server.Close
	return r, "oci+http://" + strings.TrimPrefix(server.URL, "http://") + "/models/fraud:1"
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// setManifest puts another manifest under the tag.
func (r *registry) setManifest(text []byte) {
	r.manifests["1"], r.manifests[digestOf(text)] = text, text
}

func (r *registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	_, kindAndName, _ := strings.Cut(req.URL.Path, "/v2/models/fraud/")
	kind, name, _ := strings.Cut(kindAndName, "/")
	body, err := io.ReadAll(req.Body)
	switch {
	case err != nil:
		w.WriteHeader(http.StatusBadRequest)
	case kind == "blobs" && req.Method == http.MethodPost:
		w.Header().Set("Location", "/v2/models/fraud/blobs/uploads/1")
		w.WriteHeader(http.StatusAccepted)
	case kind == "blobs" && req.Method == http.MethodPut:
		r.blobs[req.URL.Query().Get("digest")] = body
		w.WriteHeader(http.StatusCreated)
	case kind == "manifests" && req.Method == http.MethodPut:
		r.manifests[name], r.manifests[digestOf(body)] = body, body
		w.Header().Set("Docker-Content-Digest", digestOf(body))
		w.WriteHeader(http.StatusCreated)
	case kind == "blobs":
		if req.Method == http.MethodGet {
			r.pulled++
		}
		answer(w, req, r.blobs[name], "application/octet-stream")
	case kind == "manifests":
		answer(w, req, r.manifests[name], "application/vnd.oci.image.manifest.v1+json")
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func answer(w http.ResponseWriter, req *http.Request, data []byte, kind string) {
	if data == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	if kind != "application/octet-stream" {
		w.Header().Set("Docker-Content-Digest", digestOf(data))
	}
	if req.Method == http.MethodGet {
		_, _ = w.Write(data)
	}
}
