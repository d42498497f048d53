package dashboard

import (
	"net"
	"net/http"
)

// Options are what New may be told beside the source of snapshots.
type Options struct {
	// Listener is the address that the server listens on. On a loopback
	// address, and where it is nil, only loopback host names are answered.
	Listener net.Addr
	// Hosts are further host names to answer on a loopback listener, without
	// port: those of a reverse proxy on the same machine.
	Hosts []string
	// Metrics is mounted at /metrics where it is not nil.
	Metrics http.Handler
	// Inquiry answers the search for an id; nil: there is nothing to search.
	Inquiry *Inquiry
}

// New returns the handler of the page, its API and the health endpoints.
// source is called once per request, from many goroutines, and must be cheap.
func New(source func() Snapshot, opts Options) http.Handler {
	mux := http.NewServeMux()
	pages := loadAssets()
	mux.Handle("GET /{$}", pages.handler("index.html"))
	for name := range pages {
		mux.Handle("GET /static/"+name, pages.handler(name))
	}

	api := api{source}
	mux.HandleFunc("GET /api/v1/snapshot", api.snapshot)
	mux.HandleFunc("GET /api/v1/windows", api.windows)
	mux.HandleFunc("GET /api/v1/segments", api.segments)
	mux.HandleFunc("GET /api/v1/alarms", api.alarms)
	ask := inquiries{opts.Inquiry, make(chan struct{}, 1)}
	mux.HandleFunc("GET /api/v1/story", ask.story)
	mux.HandleFunc("GET /api/v1/ledger", ask.samples)
	mux.HandleFunc("GET /healthz", healthz)
	mux.HandleFunc("GET /readyz", api.readyz)
	if opts.Metrics != nil {
		mux.Handle("GET /metrics", opts.Metrics)
	}

	var h http.Handler = mux
	if isLoopback(opts.Listener) {
		h = guardHost(opts.Hosts, h)
	}
	return secure(h)
}
