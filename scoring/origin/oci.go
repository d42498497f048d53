package origin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
	"oras.land/oras-go/v2/registry/remote/retry"

	"hindsight/scoring"
)

// How a bundle lies in a registry: a manifest of artifactType with one layer,
// the tar.gz archive, and the digest of the bundle as an annotation.
const (
	artifactType     = "application/vnd.hindsight.bundle.v1"
	layerType        = "application/vnd.hindsight.bundle.v1.tar+gzip"
	digestAnnotation = "hindsight.bundle.digest"

	maxManifestBytes = 1 << 20
	maxArchiveBytes  = 1 << 30
)

func isOCI(ref string) bool {
	return strings.HasPrefix(ref, "oci://") || strings.HasPrefix(ref, "oci+http://")
}

// repository returns the repository of ref and the tag or digest in it.
// Credentials are those of `docker login`.
func repository(ref string) (*remote.Repository, string, error) {
	scheme, name, _ := strings.Cut(ref, "://")
	repo, err := remote.NewRepository(name)
	if err != nil {
		return nil, "", err
	}
	if repo.Reference.Reference == "" {
		return nil, "", errors.New("wants a tag or a digest, as in oci://HOST/REPOSITORY:TAG")
	}
	repo.PlainHTTP = scheme == "oci+http"
	repo.MaxMetadataBytes = maxManifestBytes
	client := &auth.Client{Client: retry.DefaultClient, Cache: auth.NewCache()}
	if store, err := credentials.NewStoreFromDocker(credentials.StoreOptions{}); err == nil {
		client.Credential = credentials.Credential(store)
	}
	repo.Client = client
	return repo, repo.Reference.Reference, nil
}

func fetchOCI(ctx context.Context, ref string, c cache) (string, error) {
	repo, reference, err := repository(ref)
	if err != nil {
		return "", err
	}
	if dir, err := c.findPinned(digest.Digest(reference)); dir != "" || err != nil {
		return dir, err
	}
	found, err := repo.Resolve(ctx, reference)
	if err != nil && unreachable(ctx, err) {
		if dir, cacheErr := c.findLast(ref); dir != "" || cacheErr != nil {
			return dir, cacheErr
		}
	}
	if err != nil {
		return "", err
	}
	if found.Size > maxManifestBytes {
		return "", fmt.Errorf("its manifest of %d bytes is larger than the %d allowed", found.Size, maxManifestBytes)
	}
	text, err := content.FetchAll(ctx, repo, found) // checks size and digest
	if err != nil {
		return "", err
	}
	dir, err := fetchLayer(ctx, repo, text, c)
	if err != nil {
		return "", err
	}
	return dir, c.remember(ref, found.Digest, text)
}

// fetchLayer returns the bundle that a manifest describes.
func fetchLayer(ctx context.Context, repo *remote.Repository, manifest []byte, c cache) (string, error) {
	layer, want, err := readManifest(manifest)
	if err != nil {
		return "", err
	}
	key := layer.Digest.Encoded()
	if dir, err := c.find(key, want); dir != "" || err != nil {
		return dir, err
	}
	archive, err := download(ctx, repo, layer)
	if err != nil {
		return "", err
	}
	dir, err := c.add(key, archive, want)
	return dir, errors.Join(err, archive.Close(), os.Remove(archive.Name()))
}

// readManifest returns the layer that is the archive, and the bundle's digest.
func readManifest(text []byte) (layer ocispec.Descriptor, want string, err error) {
	var m ocispec.Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return layer, "", fmt.Errorf("its manifest is not JSON: %w", err)
	}
	if m.ArtifactType != artifactType || len(m.Layers) != 1 || m.Layers[0].MediaType != layerType {
		return layer, "", fmt.Errorf("is an artifact of type %.100q with %d layers, not a bundle (%s with one of %s)",
			m.ArtifactType, len(m.Layers), artifactType, layerType)
	}
	layer, want = m.Layers[0], m.Annotations[digestAnnotation]
	switch {
	case layer.Digest.Validate() != nil || layer.Digest.Algorithm() != digest.SHA256:
		return layer, "", fmt.Errorf("its layer has the digest %.100q, which is no SHA-256", layer.Digest)
	case layer.Size < 0 || layer.Size > maxArchiveBytes:
		return layer, "", fmt.Errorf("its archive of %d bytes is larger than the %d allowed", layer.Size, maxArchiveBytes)
	case want == "":
		return layer, "", fmt.Errorf("its manifest lacks the annotation %s", digestAnnotation)
	}
	return layer, want, nil
}

// download returns a temporary file of the layer, whole and of the digest that
// it has to have, at its beginning.
func download(ctx context.Context, repo *remote.Repository, layer ocispec.Descriptor) (*os.File, error) {
	body, err := repo.Fetch(ctx, layer)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	file, err := os.CreateTemp("", "hindsight-bundle-*.tar.gz")
	if err != nil {
		return nil, err
	}
	verified := content.NewVerifyReader(body, layer)
	_, err = io.Copy(file, verified)
	if err == nil {
		err = verified.Verify()
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("its archive: %w", err), file.Close(), os.Remove(file.Name()))
	}
	return file, nil
}

// Push puts the bundle in dir into a registry under ref, which names a tag,
// and returns the digest of its manifest. The same bundle is the same digest.
func Push(ctx context.Context, dir, ref string) (string, error) {
	if !isOCI(ref) {
		return "", fmt.Errorf("%q is not oci://HOST/REPOSITORY:TAG", ref)
	}
	repo, tag, err := repository(ref)
	if err != nil {
		return "", wrap(ref, err)
	}
	bundle, err := scoring.Digest(dir)
	if err != nil {
		return "", wrap(dir, err)
	}
	var archive bytes.Buffer
	if err := Pack(&archive, dir); err != nil {
		return "", wrap(dir, err)
	}
	layer, err := oras.PushBytes(ctx, repo, layerType, archive.Bytes())
	if err != nil {
		return "", wrap(ref, err)
	}
	manifest, err := oras.PackManifest(ctx, repo, oras.PackManifestVersion1_1, artifactType, oras.PackManifestOptions{
		Layers: []ocispec.Descriptor{layer},
		ManifestAnnotations: map[string]string{
			digestAnnotation:          bundle,
			ocispec.AnnotationCreated: "1970-01-01T00:00:00Z", // the same bundle is the same manifest
		},
	})
	if err == nil {
		err = repo.Tag(ctx, manifest, tag)
	}
	return manifest.Digest.String(), wrap(ref, err)
}
