package kafka

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/option"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

var mechanisms = []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}

// saslMechanism reads kafka.sasl.mechanism and the user and password that stand
// in kafka.sasl.jaas.config.
func saslMechanism(o map[string]string) (sasl.Mechanism, error) {
	name := strings.ToUpper(strings.TrimSpace(o["sasl.mechanism"]))
	if name == "" {
		return nil, &option.Error{Key: "kafka.sasl.mechanism", Msg: "is needed with SASL; give one of " + strings.Join(mechanisms, ", ")}
	}
	user, pass, err := parseJAAS(o["sasl.jaas.config"])
	if err != nil {
		return nil, err
	}
	switch name {
	case "PLAIN":
		return plain.Auth{User: user, Pass: pass}.AsMechanism(), nil
	case "SCRAM-SHA-256":
		return scram.Auth{User: user, Pass: pass}.AsSha256Mechanism(), nil
	case "SCRAM-SHA-512":
		return scram.Auth{User: user, Pass: pass}.AsSha512Mechanism(), nil
	}
	return nil, &option.Error{Key: "kafka.sasl.mechanism", Msg: fmt.Sprintf("%s is not supported%s; it takes %s",
		name, types.DidYouMean(name, mechanisms), strings.Join(mechanisms, ", "))}
}

// jaasField matches key="value" or key='value' or key=value.
var jaasField = regexp.MustCompile(`(\w+)\s*=\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s;"']+)`)

// parseJAAS returns the user name and the password of a login module, written as
// Java does: org...PlainLoginModule required username="u" password="p";
func parseJAAS(text string) (user, pass string, err error) {
	fields := map[string]string{}
	for _, m := range jaasField.FindAllStringSubmatch(text, -1) {
		v := m[2]
		if v[0] == '"' || v[0] == '\'' {
			v = regexp.MustCompile(`\\(.)`).ReplaceAllString(v[1:len(v)-1], "$1")
		}
		fields[strings.ToLower(m[1])] = v
	}
	user, hasUser := fields["username"]
	pass, hasPass := fields["password"]
	if !hasUser || !hasPass {
		return "", "", &option.Error{Key: "kafka.sasl.jaas.config", Msg: `has no username="..." password="..."; ` +
			`write org.apache.kafka.common.security.plain.PlainLoginModule required username="user" password="secret";`}
	}
	return user, pass, nil
}
