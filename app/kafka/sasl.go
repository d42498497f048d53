package kafka

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"hindsight/app/config"
)

// saslMechanism reads the secret at every login, so that it may be rotated.
func saslMechanism(cfg config.SASL) (sasl.Mechanism, error) {
	switch cfg.Mechanism {
	case config.Plain:
		return plain.Plain(func(context.Context) (plain.Auth, error) {
			pass, err := cfg.Password.Reveal()
			return plain.Auth{User: cfg.User, Pass: pass}, err
		}), nil
	case config.Scram256:
		return scram.Sha256(scramAuth(cfg)), nil
	case config.Scram512:
		return scram.Sha512(scramAuth(cfg)), nil
	case config.OAuthBearer:
		return oauth.Oauth(func(context.Context) (oauth.Auth, error) {
			token, err := cfg.Token.Reveal()
			return oauth.Auth{Token: token}, err
		}), nil
	}
	return nil, fmt.Errorf("kafka.sasl.mechanism: %q is not PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER", cfg.Mechanism)
}

func scramAuth(cfg config.SASL) func(context.Context) (scram.Auth, error) {
	return func(context.Context) (scram.Auth, error) {
		pass, err := cfg.Password.Reveal()
		return scram.Auth{User: cfg.User, Pass: pass}, err
	}
}
