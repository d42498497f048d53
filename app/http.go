package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"hindsight/dashboard"
)

// listen takes the address of the page before anything runs, so that a port
// that is in use is refused at start.
func (a *App) listen() error {
	var err error
	if a.listener, err = net.Listen("tcp", a.config.HTTP.Listen); err != nil {
		return fmt.Errorf("http.listen: %w: choose another address, or port 0 for a free one", err)
	}
	a.cleanup = append(a.cleanup, func() error {
		if err := a.listener.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return nil
}

// serve answers with the page, its API, the health and the metrics until ctx ends.
func (a *App) serve(ctx context.Context) {
	metrics := promhttp.HandlerFor(a.gatherer, promhttp.HandlerOpts{EnableOpenMetrics: true, MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
	page := dashboard.New(a.view.Snapshot, dashboard.Options{Listener: a.listener.Addr(), Metrics: metrics,
		Inquiry: (&Inquiry{Client: a.base, Admin: a.admin, Config: a.config, Schema: a.lookup()}).forPage()})
	server := &http.Server{Handler: page, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
		a.log.Error("the page is not served any more", "error", err)
	}
}
