package kafka

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Version is the version of Kafka that Fetch gets and Start runs.
const Version = "4.3.1"

// ErrMissing is the error of Start where the jars, Java or a shell are not
// there. Its text says how to get them.
var ErrMissing = errors.New("no Kafka broker can be started")

// Dir returns the folder of the jars, in the user's cache folder.
func Dir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("looking for Kafka's jars: %w", err)
	}
	return filepath.Join(cache, "riffle", "kafka-"+Version), nil
}

// project asks Maven for the broker, and for a logger that writes to standard
// error, in the version of the interface that the broker brings.
const project = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>com.github.riffledata</groupId><artifactId>broker</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>` + Version + `</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`

// Fetch gets the jars by Maven (mvn) into dir, unless they are there. dir is
// whole once it exists: a fetch that is broken off leaves nothing under that
// name.
func Fetch(ctx context.Context, dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	mvn, err := exec.LookPath("mvn")
	if err != nil {
		return fmt.Errorf("fetching Kafka's jars: %w; install Maven (Debian: apt-get install maven)", err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("fetching Kafka's jars: %w", err)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "fetch-")
	if err != nil {
		return fmt.Errorf("fetching Kafka's jars: %w", err)
	}
	defer os.RemoveAll(tmp)
	pom := filepath.Join(tmp, "pom.xml")
	if err := os.WriteFile(pom, []byte(project), 0o644); err != nil {
		return fmt.Errorf("fetching Kafka's jars: %w", err)
	}
	jars := filepath.Join(tmp, "jars")
	cmd := exec.CommandContext(ctx, mvn, "-q", "-B", "-f", pom, "dependency:copy-dependencies",
		"-DincludeScope=runtime", "-DoutputDirectory="+jars)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("fetching Kafka's jars by Maven: %w\n%s", err, strings.TrimSpace(string(out)))
	}
	if err := os.Rename(jars, dir); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("fetching Kafka's jars: %w", err)
	}
	return nil
}

// find returns Java, the shell and the jars' class path.
func find(dir string) (java, shell, classPath string, err error) {
	if dir == "" {
		if dir, err = Dir(); err != nil {
			return "", "", "", err
		}
	}
	if _, err := os.Stat(dir); err != nil {
		return "", "", "", fmt.Errorf("%w: there are no jars in %s; run go run ./cmd/repokafka fetch (it needs Maven), then go test -count=1", ErrMissing, dir)
	}
	java = filepath.Join(os.Getenv("JAVA_HOME"), "bin", "java")
	if os.Getenv("JAVA_HOME") == "" {
		java = "java"
	}
	if java, err = exec.LookPath(java); err != nil {
		return "", "", "", fmt.Errorf("%w: %w; install Java 17 or later (Debian: apt-get install openjdk-17-jre-headless)", ErrMissing, err)
	}
	if shell, err = exec.LookPath("sh"); err != nil {
		return "", "", "", fmt.Errorf("%w: %w; a broker that is started here needs a POSIX shell", ErrMissing, err)
	}
	return java, shell, filepath.Join(dir, "*"), nil
}
