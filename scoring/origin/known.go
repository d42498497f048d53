package origin

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/opencontainers/go-digest"
	"oras.land/oras-go/v2/registry/remote/errcode"
)

// What is known of registries lies in the cache too: under manifest-ALGORITHM-DIGEST
// a manifest that was fetched, and under reference-KEY which one a reference
// meant last.

// remember keeps manifest, whose digest is name, and that ref means it.
func (c cache) remember(ref string, name digest.Digest, manifest []byte) error {
	return errors.Join(c.put(manifestFile(name), manifest), c.put(referenceFile(ref), []byte(name)))
}

// findPinned returns the bundle whose manifest has the digest name, "" where
// name is no digest or the bundle is not in the cache.
func (c cache) findPinned(name digest.Digest) (string, error) {
	if name.Validate() != nil {
		return "", nil
	}
	manifest, err := c.get(manifestFile(name))
	if err != nil || manifest == nil || name.Algorithm().FromBytes(manifest) != name {
		return "", err
	}
	layer, want, err := readManifest(manifest)
	if err != nil {
		return "", err
	}
	return c.find(layer.Digest.Encoded(), want)
}

// findLast returns the bundle that ref meant last, "" where it is not in the cache.
func (c cache) findLast(ref string) (string, error) {
	name, err := c.get(referenceFile(ref))
	if err != nil {
		return "", err
	}
	return c.findPinned(digest.Digest(name))
}

func manifestFile(name digest.Digest) string {
	return "manifest-" + name.Algorithm().String() + "-" + name.Encoded()
}

func referenceFile(ref string) string { return "reference-" + digest.FromString(ref).Encoded() }

// unreachable reports whether err came of the network or of a registry out of
// order, rather than of an answer or of the caller, who gave up.
func unreachable(ctx context.Context, err error) bool {
	var network *url.Error
	var answer *errcode.ErrorResponse
	return ctx.Err() == nil && (errors.As(err, &network) || errors.As(err, &answer) && answer.StatusCode >= http.StatusInternalServerError)
}
