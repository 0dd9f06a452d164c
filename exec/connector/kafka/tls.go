package kafka

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"

	"github.com/riffledata/riffle/exec/option"
)

// tlsKeys are the kafka.ssl.* options: librdkafka's short names, and those of
// the Java client as far as they speak PEM.
var tlsKeys = []string{
	"ssl.ca.location", "ssl.ca.pem", "ssl.certificate.location", "ssl.certificate.pem", "ssl.key.location", "ssl.key.pem",
	"ssl.truststore.type", "ssl.truststore.location", "ssl.truststore.certificates",
	"ssl.keystore.type", "ssl.keystore.location", "ssl.keystore.certificate.chain", "ssl.keystore.key",
	"ssl.endpoint.identification.algorithm",
}

// tlsConfig reads the certificates that the options name.
func tlsConfig(o map[string]string) (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	for _, key := range []string{"ssl.truststore.type", "ssl.keystore.type"} {
		if t := o[key]; t != "" && !strings.EqualFold(t, "PEM") {
			return nil, refuseStore(key, t)
		}
	}
	ca, key, err := readPEM(o, "ssl.ca.pem", "ssl.truststore.certificates", "ssl.ca.location", "ssl.truststore.location")
	if err != nil {
		return nil, err
	}
	if ca != nil {
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(ca) {
			return nil, &option.Error{Key: "kafka." + key, Msg: "there is no certificate in it; give PEM text that begins with -----BEGIN CERTIFICATE-----"}
		}
	}
	if err := clientCertificate(conf, o); err != nil {
		return nil, err
	}
	switch alg, given := o["ssl.endpoint.identification.algorithm"]; {
	case !given || strings.EqualFold(alg, "https"):
	case strings.TrimSpace(alg) == "":
		verifyChainOnly(conf)
	default:
		return nil, &option.Error{Key: "kafka.ssl.endpoint.identification.algorithm", Msg: fmt.Sprintf("%q is neither https nor empty", alg)}
	}
	return conf, nil
}

func clientCertificate(conf *tls.Config, o map[string]string) error {
	cert, certKey, err := readPEM(o, "ssl.certificate.pem", "ssl.keystore.certificate.chain", "ssl.certificate.location", "ssl.keystore.location")
	if err != nil {
		return err
	}
	private, _, err := readPEM(o, "ssl.key.pem", "ssl.keystore.key", "ssl.key.location")
	if err != nil {
		return err
	}
	if cert == nil && private == nil {
		return nil
	}
	if private == nil {
		private = cert // a Java PEM keystore holds both
	}
	if bytes.Contains(private, []byte("ENCRYPTED")) {
		return &option.Error{Key: "kafka." + certKey, Msg: "the private key is encrypted; decrypt it with openssl pkey -in key.pem -out plain.pem, and guard the file by its permissions"}
	}
	pair, err := tls.X509KeyPair(cert, private)
	if err != nil {
		return &option.Error{Key: "kafka.ssl.certificate.location", Msg: fmt.Sprintf("certificate and key do not make a pair: %v; give kafka.ssl.certificate.location and kafka.ssl.key.location", err)}
	}
	conf.Certificates = []tls.Certificate{pair}
	return nil
}

// verifyChainOnly checks the broker's certificate, but not that it is for the
// host name: what an empty identification algorithm means to Java's client.
func verifyChainOnly(conf *tls.Config) {
	conf.InsecureSkipVerify = true // the chain is verified below
	conf.VerifyConnection = func(s tls.ConnectionState) error {
		between := x509.NewCertPool()
		for _, c := range s.PeerCertificates[1:] {
			between.AddCert(c)
		}
		_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: conf.RootCAs, Intermediates: between})
		return err
	}
}

// readPEM returns the first of the keys that is given, and which: the text itself,
// or of a "location" the content of the file.
func readPEM(o map[string]string, keys ...string) ([]byte, string, error) {
	for _, key := range keys {
		text, ok := o[key]
		if !ok {
			continue
		}
		if !strings.HasSuffix(key, "location") {
			return []byte(text), key, nil
		}
		content, err := os.ReadFile(text)
		if err != nil {
			return nil, key, &option.Error{Key: "kafka." + key, Msg: fmt.Sprintf("cannot be read: %v", err)}
		}
		if !bytes.Contains(content, []byte("-----BEGIN ")) {
			return nil, key, refuseStore(key, text)
		}
		return content, key, nil
	}
	return nil, "", nil
}

func refuseStore(key, what string) error {
	return &option.Error{Key: "kafka." + key, Msg: fmt.Sprintf("%s is not PEM, and Java keystores are not read here; "+
		"convert it: keytool -importkeystore -srckeystore store.jks -destkeystore store.p12 -deststoretype PKCS12, "+
		"then openssl pkcs12 -in store.p12 -nodes -out store.pem", what)}
}
