package kafka

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"hindsight/app/config"
)

// certificate writes a certificate of 127.0.0.1 that signs itself, and its key.
func certificate(t *testing.T, dir string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "EC PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func TestMutualTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := certificate(t, dir)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	roots, err := loadRoots("test", cert)
	if err != nil {
		t.Fatal(err)
	}
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.TLS(&tls.Config{
		Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots,
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	cfg := config.Kafka{Brokers: c.ListenAddrs(), TLS: &config.TLS{CA: cert, Cert: cert, Key: key}}
	client, err := Connect(t.Context(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
	for name, without := range map[string]*config.TLS{"no certificate": {CA: cert}, "the system's roots": {Cert: cert, Key: key}, "no TLS": nil} {
		cfg.TLS = without
		if _, err := Connect(t.Context(), cfg, nil); !errors.Is(err, ErrUnreachable) {
			t.Errorf("%s: Connect = %v, want ErrUnreachable", name, err)
		}
	}
}

func TestTLSFilesAreChecked(t *testing.T) {
	dir := t.TempDir()
	cert, key := certificate(t, dir)
	for want, cfg := range map[string]config.TLS{
		"kafka.tls.ca: open ":         {CA: filepath.Join(dir, "none")},
		"holds no PEM certificate":    {CA: key},
		"kafka.tls.cert " + key + ",": {Cert: key, Key: cert},
	} {
		if _, err := Options(config.Kafka{TLS: &cfg}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Options = %v, want %s", err, want)
		}
	}
}

func TestSASL(t *testing.T) {
	for _, mechanism := range []string{config.Plain, config.Scram256, config.Scram512} {
		t.Run(mechanism, func(t *testing.T) {
			c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser(mechanism, "me", "right"))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			cfg := config.Kafka{Brokers: c.ListenAddrs(), SASL: &config.SASL{Mechanism: mechanism, User: "me", Password: config.NewSecret("right")}}
			client, err := Connect(t.Context(), cfg, nil)
			if err != nil {
				t.Fatal(err)
			}
			client.Close()
			cfg.SASL.Password = config.NewSecret("wrong")
			if _, err := Connect(t.Context(), cfg, nil); !errors.Is(err, ErrUnreachable) || strings.Contains(err.Error(), "wrong") {
				t.Errorf("Connect with a wrong password = %v, want ErrUnreachable without it", err)
			}
		})
	}
}

// The token is read from its file at every login.
func TestOAuthBearer(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "token")
	if err := os.WriteFile(file, []byte("first\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Parse([]byte("kafka: {sasl: {mechanism: OAUTHBEARER, token: file:token}}"), dir)
	if err != nil {
		t.Fatal(err)
	}
	mechanism, err := saslMechanism(*cfg.Kafka.SASL)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{"first", "second"} {
		if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
		_, said, err := mechanism.Authenticate(t.Context(), "host")
		if err != nil || !strings.Contains(string(said), "Bearer "+token) {
			t.Errorf("login says %q, %v, want the token %s", said, err, token)
		}
	}
}

func TestRights(t *testing.T) {
	acl := func(resource kmsg.ACLResourceType, name string, pattern kmsg.ACLResourcePatternType, op kmsg.ACLOperation) kfake.ACL {
		return kfake.ACL{Resource: resource, Name: name, Pattern: pattern, Operation: op, Allow: true}
	}
	topic := func(name string, op kmsg.ACLOperation) kfake.ACL {
		return acl(kmsg.ACLResourceTypeTopic, name, kmsg.ACLResourcePatternTypeLiteral, op)
	}
	group := acl(kmsg.ACLResourceTypeGroup, "g-", kmsg.ACLResourcePatternTypePrefixed, kmsg.ACLOperationRead)
	transactions := acl(kmsg.ACLResourceTypeTransactionalId, "g-", kmsg.ACLResourcePatternTypePrefixed, kmsg.ACLOperationWrite)
	enough := []kfake.ACL{
		topic("events", kmsg.ACLOperationRead), topic("scores", kmsg.ACLOperationWrite), topic("dead-letters", kmsg.ACLOperationWrite), group, transactions,
	}
	for _, c := range []struct {
		name string
		acls []kfake.ACL
		want []string
	}{
		{"enough", enough, nil},
		{"no write", append([]kfake.ACL{topic("scores", kmsg.ACLOperationRead)}, enough[0], enough[2], group, transactions), []string{"topic scores: the right WRITE is missing"}},
		{"no topic", []kfake.ACL{enough[1], enough[2], group, transactions}, []string{"topic events: may not be described; grant READ on it"}},
		{"no group", []kfake.ACL{enough[0], enough[1], enough[2], transactions}, []string{"group g-score: may not be used; grant READ"}},
		{"no transactions", enough[:4], []string{"transactional id g-score: may not be used; grant WRITE and DESCRIBE"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.EnableACLs(),
				kfake.SeedTopics(1, "events", "scores", "dead-letters"), kfake.User(config.Plain, "me", "x", c.acls...))
			if err != nil {
				t.Fatal(err)
			}
			defer broker.Close()
			cfg := configOf(t, "registry: {url: http://r}\nkafka: {group: g}\nevents: {topic: events, id: id}")
			cfg.Kafka.Brokers = broker.ListenAddrs()
			cfg.Kafka.SASL = &config.SASL{Mechanism: config.Plain, User: "me", Password: config.NewSecret("x")}
			client, err := Connect(t.Context(), cfg.Kafka, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			err = Rights(t.Context(), client, cfg, []config.Stage{config.StageScore})
			if len(c.want) == 0 && err != nil {
				t.Errorf("Rights = %v, want none missing", err)
			}
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "\n") != len(c.want)-1 {
					t.Errorf("Rights = %v, want only %s", err, want)
				}
			}
		})
	}
}
