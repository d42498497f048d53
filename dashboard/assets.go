package dashboard

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
)

//go:embed static
var static embed.FS

// assets are the embedded files by name.
type assets map[string][]byte

func loadAssets() assets {
	entries, err := fs.ReadDir(static, "static")
	if err != nil {
		panic(fmt.Sprintf("BUG: embedded page: %v", err))
	}
	files := assets{}
	for _, e := range entries {
		body, err := fs.ReadFile(static, "static/"+e.Name())
		if err != nil {
			panic(fmt.Sprintf("BUG: embedded page: %v", err))
		}
		files[e.Name()] = body
	}
	return files
}

func (a assets) handler(name string) http.Handler {
	body := a[name]
	tag := etag(body)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		serveBytes(w, r, name, tag, body)
	})
}

func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}
