package dashboard

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// secure sets the headers that keep the page from loading or being loaded by
// anything else.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy",
			"default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// guardHost refuses requests whose Host is neither a loopback name nor one of
// hosts. On a loopback listener such a request comes from a page of somebody
// else whose name was made to resolve to 127.0.0.1 (DNS rebinding).
func guardHost(hosts []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := hostname(r.Host)
		if !loopbackName(name) && !slices.ContainsFunc(hosts, func(h string) bool { return strings.EqualFold(h, name) }) {
			writeError(w, http.StatusMisdirectedRequest,
				"this listener is on a loopback address and does not answer for that host name: use localhost, or listen on another address")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isLoopback says whether a listener's address is reached from this machine
// only. An unknown address counts as loopback: that is the strict side.
func isLoopback(addr net.Addr) bool {
	switch a := addr.(type) {
	case nil:
		return true
	case *net.TCPAddr:
		return a.IP.IsLoopback()
	}
	return loopbackName(hostname(addr.String()))
}

func hostname(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
}

func loopbackName(name string) bool {
	if strings.EqualFold(name, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.Unmap().IsLoopback()
}
