package dashboard

import "net/http"

type readiness struct {
	Ready   bool     `json:"ready"`
	Reasons []string `json:"reasons"` // why not, empty where it is ready
}

// ready returns whether the process does its work, and every reason why not.
func (s Snapshot) readiness() readiness {
	reasons := []string{}
	if !s.Ready {
		reason := s.ReadyReason
		if reason == "" {
			reason = "starting"
		}
		reasons = append(reasons, reason)
	}
	if s.Stalled != "" {
		reasons = append(reasons, "stalled: "+s.Stalled+" holds time")
	}
	return readiness{Ready: len(reasons) == 0, Reasons: reasons}
}

// healthz answers for the process alone: it never depends on a broker, or an
// orchestrator would restart what a restart cannot help.
func healthz(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (a api) readyz(w http.ResponseWriter, _ *http.Request) {
	state := a.source().readiness()
	status := http.StatusOK
	if !state.Ready {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, state)
}
