package app

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"

	"hindsight/app/config"
	"hindsight/app/telemetry"
	"hindsight/scoring"
	bundles "hindsight/scoring/origin"
)

// LoadBundle finds the champion among the sources and in the folder of
// bundles, fetching what is not here, and loads it if it passes its tests.
func LoadBundle(ctx context.Context, m config.Model) (*scoring.Bundle, *scoring.Certificate, error) {
	dir, err := findBundle(ctx, m)
	if err != nil {
		return nil, nil, err
	}
	options := []scoring.Option{scoring.Require(m.Require...), scoring.ONNXRuntime(m.ONNXRuntime)}
	for _, name := range m.Keys {
		key, err := readKey(name)
		if err != nil {
			return nil, nil, fmt.Errorf("model.keys: %s: %w", name, err)
		}
		options = append(options, scoring.Trust(key))
	}
	return scoring.Load(dir, options...)
}

// findBundle looks at the sources in their order, then in the folder. A
// source that cannot be had matters only where nothing else is the champion.
func findBundle(ctx context.Context, m config.Model) (string, error) {
	var faults []error
	for _, ref := range m.Sources {
		dir, err := bundles.Fetch(ctx, ref, m.Cache)
		if err == nil {
			var got string
			if got, err = scoring.RefOf(dir); err == nil && got == m.Champion {
				return dir, nil
			}
		}
		if err != nil {
			faults = append(faults, err)
		}
	}
	dir, err := scoring.Find(m.Bundles, m.Champion)
	if err != nil {
		return "", errors.Join(append(faults, err)...)
	}
	return dir, nil
}

func readKey(name string) (ed25519.PublicKey, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return scoring.ParsePublicKey(data)
}

func (a *App) loadBundle(ctx context.Context) (err error) {
	if a.bundle, _, err = LoadBundle(ctx, a.config.Model); err != nil {
		return err
	}
	a.metrics.SetModels(telemetry.Model{Version: a.bundle.Version, Role: "champion", Digest: a.bundle.Digest})
	return nil
}
