package jobs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// orders are what a pipeline is told by its flags.
type orders struct {
	brokers    string
	kafka      []string // further options of the connection
	offsets    string
	perBatch   int
	files      [][]string // of each input
	topics     []string   // of each input
	viaKafka   bool
	available  bool
	checkpoint string
	format     string
	rows       int
}

func (p *Pipeline) flags(f *Flags) {
	p.files, p.topics = make([][]string, len(p.Inputs)), make([]string, len(p.Inputs))
	f.String(&p.brokers, "brokers", "", "Kafka's bootstrap servers, as host:port,host:port")
	f.Strings(&p.kafka, "kafka-option", "an option of the connection to Kafka, as kafka.security.protocol=SSL; may be given several times")
	f.String(&p.offsets, "starting-offsets", "earliest", "where in the topics to begin: earliest, latest, or JSON")
	f.Int(&p.perBatch, "max-offsets", 0, "the most records of a topic that a batch reads; 0 is no limit")
	for i, in := range p.Inputs {
		f.Strings(&p.files[i], in.Name, "a file of "+in.What+" as JSON lines, plain or .gz, a folder or a pattern; may be given several times")
		f.String(&p.topics[i], in.Name+"-topic", in.Name, "the topic of "+in.What)
	}
	f.Bool(&p.viaKafka, "via-kafka", false, "load the files into the broker first, and read them from there")
	f.Bool(&p.available, "available-now", false, "stop when all that is there has been read")
	f.String(&p.checkpoint, "checkpoint", "", "where the query keeps what it has read and remembers, so that it can be started again: a folder or a URL")
	f.Choice(&p.format, "format", "", "print the whole result when the job ends, as", "", Table, JSON, CSV)
	f.Int(&p.rows, "events", 5000, "how many events to make up where there are neither brokers nor files")
	if p.Flags != nil {
		p.Flags(f)
	}
}

func (p *Pipeline) check() error {
	given := 0
	for i, paths := range p.files {
		if len(paths) > 0 {
			given++
		}
		if err := exist(p.Inputs[i].Name, paths); err != nil {
			return err
		}
	}
	switch {
	case given > 0 && given < len(p.Inputs):
		return fmt.Errorf("files for some inputs alone; name files for each of --%s", strings.Join(p.names(), ", --"))
	case p.viaKafka && given == 0:
		return fmt.Errorf("--via-kafka loads files into a broker; name them with --%s", strings.Join(p.names(), ", --"))
	case given > 0 && p.brokers != "" && !p.viaKafka:
		return errors.New("files and --brokers name two sources; give one of them, or --via-kafka to load the files into the brokers")
	case len(p.kafka) > 0 && p.brokers == "":
		return errors.New("--kafka-option is for the connection to real brokers; name them with --brokers")
	case p.fromFiles() && p.perBatch != 0:
		return errors.New("--max-offsets is for topics; a batch of files reads all of them")
	case p.perBatch < 0:
		return errors.New("--max-offsets must be at least 1, or 0 for no limit")
	case p.rows < 1:
		return errors.New("--events must be at least 1")
	}
	_, err := p.options()
	return err
}

func exist(flag string, paths []string) error {
	for _, path := range paths {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(path, "*?[") {
			return fmt.Errorf("--%s %s: no such file or folder", flag, path)
		}
	}
	return nil
}

func (p *Pipeline) names() []string {
	var out []string
	for _, in := range p.Inputs {
		out = append(out, in.Name)
	}
	return out
}

// options are those of the connection to Kafka.
func (p *Pipeline) options() (map[string]string, error) {
	out := map[string]string{}
	for _, o := range p.kafka {
		key, value, ok := strings.Cut(o, "=")
		if !ok || !strings.HasPrefix(key, "kafka.") {
			return nil, fmt.Errorf("--kafka-option %s: write kafka.KEY=VALUE", o)
		}
		out[key] = value
	}
	return out, nil
}

// fromFiles tells whether files are read as they are.
func (p *Pipeline) fromFiles() bool { return len(p.files[0]) > 0 && !p.viaKafka }

// madeUp tells whether the job makes up its events.
func (p *Pipeline) madeUp() bool { return p.brokers == "" && len(p.files[0]) == 0 }
