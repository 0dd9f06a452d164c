package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/riffledata/riffle/exec/connector/kafka"
	"github.com/riffledata/riffle/jobs/replay"
)

// replayFlags are what replay is told beside the files.
type replayFlags struct {
	replay.Options
	brokers, topic string
	kafka          []string
	speed          string
	create         bool
	partitions     int
}

// replayCommand writes the lines of files into a topic.
func replayCommand() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay --brokers B --topic T FILE...",
		Short: "Replay recorded events into a Kafka topic",
		Long: `Replay writes each line of the files into a topic, as it is: JSON lines, plain or .gz; - is standard input.
With --speed 1 the events come as far apart as their own times are, with --speed 10 ten times as fast; several files
are then merged by time.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{errors.New("no files to replay; name them, or - for standard input")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Paths, f.Stdin = args, cmd.InOrStdin()
			return f.run(cmd.Context(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.brokers, "brokers", "", "Kafka's bootstrap servers, as host:port,host:port")
	flags.StringVar(&f.topic, "topic", "", "the topic to write to")
	flags.StringVar(&f.speed, "speed", "max", "how many times faster than the events' own times: a number, or max")
	flags.StringVar(&f.TimeField, "time-field", "", "the field that holds the time (default: the first of "+strings.Join(replay.TimeFields, ", ")+")")
	flags.BoolVar(&f.Loop, "loop", false, "begin again at the end, for ever; the times in the events go on")
	flags.StringVar(&f.KeyField, "key-field", "", "the field whose value is the record's key (default: no key)")
	flags.Int64Var(&f.Limit, "limit", 0, "the most events to write; 0 is no limit")
	flags.BoolVar(&f.create, "create-topic", false, "create the topic where it is not there")
	flags.IntVar(&f.partitions, "partitions", 1, "the partitions of a topic that is created")
	flags.StringArrayVar(&f.kafka, "kafka-option", nil, "an option of the connection, as kafka.security.protocol=SSL; may be given several times")
	return cmd
}

// check reads what the flags alone can tell to be wrong.
func (f *replayFlags) check() (options map[string]string, err error) {
	switch {
	case f.brokers == "":
		return nil, errors.New("no --brokers; name Kafka's bootstrap servers, as host:port")
	case f.topic == "":
		return nil, errors.New("no --topic to write to")
	case f.Limit < 0:
		return nil, errors.New("--limit must be at least 0")
	}
	if f.speed != "max" {
		if f.Speed, err = strconv.ParseFloat(f.speed, 64); err != nil || !(f.Speed >= 0 && f.Speed <= 1e9) {
			return nil, fmt.Errorf("--speed %s: write how many times faster, as 1 or 0.5, or max", f.speed)
		}
	}
	options = map[string]string{}
	for _, o := range f.kafka {
		key, value, ok := strings.Cut(o, "=")
		if !ok {
			return nil, fmt.Errorf("--kafka-option %s: write kafka.KEY=VALUE", o)
		}
		options[key] = value
	}
	return options, nil
}

func (f *replayFlags) run(ctx context.Context, out io.Writer) error {
	options, err := f.check()
	if err != nil {
		return &usageError{err}
	}
	p, err := kafka.NewProducer(f.brokers, options)
	if err != nil {
		return &usageError{err}
	}
	defer p.Close()
	if f.create {
		if err := p.CreateTopic(ctx, f.topic, f.partitions); err != nil {
			return err
		}
	}
	bar := newBar(out, f.size())
	f.Progress = bar.set
	begin := time.Now()
	stats, err := replay.Run(ctx, f.Options, func(ctx context.Context, key, value []byte) error {
		return p.Send(ctx, f.topic, key, value)
	})
	interrupted := errors.Is(err, context.Canceled)
	if err == nil || interrupted {
		// What was read is written, after an interruption too.
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err = errors.Join(p.Flush(last), err)
	}
	bar.close()
	if errors.Is(err, kafka.ErrNoTopic) {
		return fmt.Errorf("%w, or let --create-topic do it", err)
	}
	if err != nil && !interrupted {
		return err
	}
	took := time.Since(begin)
	fmt.Fprintf(out, "%d events (%d bytes) written to %s in %s, %.0f a second\n", stats.Records, stats.Bytes, f.topic,
		took.Round(time.Millisecond), float64(stats.Records)/took.Seconds())
	return err
}

// size is that of all files together, or 0 where there is no knowing.
func (f *replayFlags) size() int64 {
	total := int64(0)
	for _, path := range f.Paths {
		info, err := os.Stat(path)
		if path == "-" || err != nil || f.Loop || f.Limit > 0 {
			return 0
		}
		total += info.Size()
	}
	return total
}
