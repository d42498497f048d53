package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"hindsight/scoring"
	"hindsight/scoring/origin"
)

func newModelSignCommand() *cobra.Command {
	var key string
	c := &cobra.Command{
		Use:   "sign DIR",
		Short: "Sign a bundle by an Ed25519 key",
		Long: `Writes DIR/signature, by which a service that has model.require: [signature]
and the public key under model.keys knows that every file of the bundle is as
it was signed. openssl makes the keys:

  openssl genpkey -algorithm ed25519 -out signer.pem
  openssl pkey -in signer.pem -pubout -out signer.pub.pem`,
		Example: `  hindsight model sign bundles/fraud@1 --key signer.pem`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := required(c, "key"); err != nil {
				return err
			}
			data, err := os.ReadFile(key)
			if err != nil {
				return usagef("%v", err)
			}
			private, err := scoring.ParsePrivateKey(data)
			if err != nil {
				return usagef("%s: %v", key, err)
			}
			return scoring.Sign(args[0], private)
		},
	}
	c.Flags().StringVar(&key, "key", "", "`FILE` of the private key in PEM")
	return c
}

func newModelPackCommand() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use:     "pack DIR",
		Short:   "Write a bundle as a .tar.gz archive",
		Long:    `Writes the bundle in DIR as an archive; the same bundle gives the same bytes.`,
		Example: `  hindsight model pack bundles/fraud@1 --output fraud-1.tar.gz`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := required(c, "output"); err != nil {
				return err
			}
			if _, err := scoring.Digest(args[0]); err != nil { // of a bundle that holds what none may hold
				return err
			}
			return writeOutput(c, output, func(w io.Writer) error { return origin.Pack(w, args[0]) })
		},
	}
	c.Flags().StringVar(&output, "output", "", "`FILE` to write; - is stdout")
	return c
}

func newModelPushCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "push DIR oci://HOST/REPOSITORY:TAG",
		Short: "Put a bundle into an OCI registry",
		Long: `Puts the bundle in DIR into a registry and prints the digest by which it can be
pinned. Credentials are those of docker login; oci+http:// goes without TLS.`,
		Example: `  hindsight model push bundles/fraud@1 oci://registry.example.com/models/fraud:1`,
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			digest, err := origin.Push(c.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), digest)
			return err
		},
	}
}
