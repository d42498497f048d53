// Package origin brings bundles from where they lie: a directory, an archive
// or an OCI registry. It unpacks what it fetches into a cache whose entries
// are named by the content, and trusts nothing that it reads.
package origin
