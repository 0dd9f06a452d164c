package kafka

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// wantError opens a source and checks that the error says all of the texts. The
// source has little time, that the test is quick. Where that is over before there
// was an answer, as on a busy machine, it gets twice the time.
func wantError(t *testing.T, servers string, says []string, kv ...string) {
	t.Helper()
	for within := 200 * time.Millisecond; ; within *= 2 {
		src, err := tryOpen(t, servers, true, nil, NewProvider(), append(kv[:len(kv):len(kv)], fmt.Sprint("kafka.default.api.timeout.ms=", within.Milliseconds()))...)
		if err == nil {
			src.Close()
			t.Fatal("no error")
		}
		unsaid := slices.DeleteFunc(slices.Clone(says), func(s string) bool { return strings.Contains(err.Error(), s) })
		if len(unsaid) > 0 && timedOut(err) && within < 10*time.Second {
			continue
		}
		t.Log(err)
		for _, s := range unsaid {
			t.Errorf("the error does not say %q", s)
		}
		return
	}
}

// timedOut tells whether an error may be another one after a longer time. A missing
// topic is found at once, and those of a like name in the same time again.
func timedOut(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, errMissing)
}

func TestUnreachableBroker(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	begin := time.Now()
	wantError(t, addr, []string{addr, "connection refused", "check kafka.bootstrap.servers"}, "subscribe=dns")
	if d := time.Since(begin); d > 3*time.Second {
		t.Errorf("it took %s", d)
	}
}

func TestSilentBroker(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	wantError(t, l.Addr().String(), []string{l.Addr().String(), "check kafka.bootstrap.servers"}, "subscribe=dns")
}

func TestMissingTopic(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "zeek_dns", "zeek_conn"))
	wantError(t, bootstrap(c), []string{"topic zeek_dsn", "did you mean zeek_dns", "create it first"}, "subscribe=zeek_dsn")
	wantError(t, bootstrap(c), []string{"topic zeek_dns has no partition 3"}, `assign={"zeek_dns":[0,3]}`)
	wantError(t, bootstrap(c), []string{`"a b" is not a topic name`}, `subscribe=a b`)
}

func TestSASL(t *testing.T) {
	c := broker(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "ann", "s3 \"cret"), kfake.Superuser("SCRAM-SHA-256", "bob", "b"),
		kfake.Superuser("SCRAM-SHA-512", "cid", "c"), kfake.SeedTopics(1, "dns"))
	on := []string{"subscribe=dns", "kafka.security.protocol=SASL_PLAINTEXT"}
	for _, kv := range [][]string{
		{"kafka.sasl.mechanism=PLAIN", `kafka.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="ann" password="s3 \"cret";`},
		{"kafka.sasl.mechanism=SCRAM-SHA-256", `kafka.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username='bob' password='b';`},
		{"kafka.sasl.mechanism=SCRAM-SHA-512", `kafka.sasl.jaas.config=x required username=cid password=c;`},
	} {
		s := stream1(t, bootstrap(c), append(on, kv...)...)
		s.initial()
	}
	wrong := append(slices.Clone(on), "kafka.sasl.mechanism=PLAIN", `kafka.sasl.jaas.config=x required username="ann" password="wrong";`)
	wantError(t, bootstrap(c), []string{bootstrap(c), "check kafka.sasl.jaas.config"}, wrong...)
	c.ControlKey(36, func(r kmsg.Request) (kmsg.Response, error, bool) { // a broker that says why
		c.KeepControl()
		resp := r.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		resp.ErrorCode = kerr.SaslAuthenticationFailed.Code
		return resp, nil, true
	})
	wantError(t, bootstrap(c), []string{"SASL_AUTHENTICATION_FAILED", "check the user name and the password"}, wrong...)
	wantError(t, bootstrap(c), []string{bootstrap(c), "SASL"}, "subscribe=dns")
}

// authority makes a certificate authority with a certificate for 127.0.0.1, as
// PEM.
func authority(t *testing.T) (ca, cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		IPAddresses: []net.IP{net.ParseIP("127.0.0.1")}}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return cert, cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

func TestTLS(t *testing.T) {
	ca, cert, key := authority(t)
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	c := broker(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{pair}}), kfake.SeedTopics(1, "dns"))
	plain := broker(t, kfake.SeedTopics(1, "dns"))
	dir := t.TempDir()
	file := filepath.Join(dir, "ca.pem")
	store := filepath.Join(dir, "store.pem")
	if err := os.WriteFile(file, ca, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(store, append(cert, key...), 0o600); err != nil {
		t.Fatal(err)
	}
	on := []string{"subscribe=dns", "kafka.security.protocol=SSL"}
	for _, kv := range [][]string{
		{"kafka.ssl.ca.location=" + file},
		{"kafka.ssl.truststore.type=PEM", "kafka.ssl.truststore.location=" + file, "kafka.ssl.keystore.type=PEM", "kafka.ssl.keystore.location=" + store},
		{"kafka.ssl.truststore.certificates=" + string(ca), "kafka.ssl.keystore.certificate.chain=" + string(cert), "kafka.ssl.keystore.key=" + string(key)},
		{"kafka.ssl.ca.pem=" + string(ca), "kafka.ssl.endpoint.identification.algorithm="},
	} {
		s := stream1(t, bootstrap(c), append(on, kv...)...)
		s.initial()
	}
	wantError(t, bootstrap(c), []string{"unknown authority", "kafka.ssl.ca.location"}, on...)
	wantError(t, bootstrap(plain), []string{bootstrap(plain), "kafka.security.protocol"}, append(on, "kafka.ssl.ca.location="+file, "kafka.socket.connection.setup.timeout.ms=200")...)
	wantError(t, bootstrap(c), []string{bootstrap(c), "kafka.security.protocol"}, "subscribe=dns")
}
