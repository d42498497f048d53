package dashboard

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"
)

// serveBytes answers with body, or with 304 where the client has it already.
func serveBytes(w http.ResponseWriter, r *http.Request, name, tag string, body []byte) {
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "no-cache") // keep it, but ask each time
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
}

// serveJSON answers with v; its ETag is a digest of the bytes, so a poll of
// something that did not change costs a hundred bytes on the wire.
func serveJSON(w http.ResponseWriter, r *http.Request, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		writeError(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	serveBytes(w, r, "", etag(body), append(body, '\n'))
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":"the answer cannot be written as JSON"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the client is gone; nobody is left to be told
}

func writeError(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]string{"error": message})
}
