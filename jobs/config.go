package jobs

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/riffledata/riffle/dataframe/types"
)

// config is what the frame itself is told.
type config struct {
	master string
	conf   []setting // of the session, in the order in which they are made
	level  slog.Level
	quiet  bool
	// metrics is where to serve them, host:port, or "".
	metrics string
	again   *again // nil: the job is run
}

// setting is one of the session's.
type setting struct{ key, value string }

var errHelp = errors.New("help was asked for")

// configFile is read where --config names no other. It need not be there.
const configFile = "riffle.yaml"

// ownVariables are RIFFLE_ variables that are not settings of jobs: they belong
// to the project's own tests and tools.
var ownVariables = []string{"RIFFLE_TEST", "RIFFLE_CI", "RIFFLE_BENCH", "RIFFLE_PYTHON"}

// configure reads flags, environment and file, in this order of strength.
func (f *frame) configure() (*config, error) {
	set := pflag.NewFlagSet(f.name, pflag.ContinueOnError)
	set.SortFlags = false
	set.Usage = func() {}
	master := set.String("master", "local[*]", "where to compute: local, local[N] for N cores, local[*] for all of them")
	settings := set.StringArray("conf", nil, "a setting of the session, as key=value; may be given several times")
	file := set.String("config", "", "the configuration file, "+configFile+" unless given")
	level := set.String("log-level", "warn", "the least severe messages to log: debug, info, warn, error")
	metrics := set.String("metrics-address", "", "serve metrics for Prometheus at this host:port, under /metrics")
	quiet := set.Bool("quiet", false, "show no progress")
	replay := set.String("replay-batch", "", "do not run the job, but a past batch of its query again: N@CHECKPOINT")
	trace := set.String("replay-trace", "", `follow a key through that batch, as {"host":"a"}`)
	instead := set.StringArray("replay-option", nil, "an option of the sources in place of that batch's, as kafka.bootstrap.servers=HOST:PORT; may be given several times")
	job := &Flags{set}
	for _, define := range f.define {
		define(job)
	}
	if err := f.parse(set); err != nil {
		return nil, err
	}
	v := viper.NewWithOptions(viper.KeyDelimiter("::"))
	fromFile, err := readFile(v, set, *file)
	if err != nil {
		return nil, err
	}
	if err := f.environment(v, set); err != nil {
		return nil, err
	}
	if err := fill(v, set); err != nil {
		return nil, err
	}
	c := &config{master: *master, quiet: *quiet, metrics: *metrics}
	if c.again, err = parseAgain(*replay, *trace, *instead); err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(fromFile)) {
		c.conf = append(c.conf, setting{key, fromFile[key]})
	}
	if err := c.level.UnmarshalText([]byte(*level)); err != nil {
		return nil, fmt.Errorf("log-level %q: write debug, info, warn or error", *level)
	}
	return c, c.set(*settings)
}

func (f *frame) parse(set *pflag.FlagSet) error {
	err := set.Parse(f.args)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		fmt.Fprintf(f.out, "%s\nFlags:\n%s", f.help(), set.FlagUsages())
		return errHelp
	case err != nil:
		return FlagError(err, set)
	case set.NArg() > 0:
		return fmt.Errorf("%q is no flag, and arguments are not taken; see --help", set.Arg(0))
	}
	return nil
}

func (f *frame) help() string {
	if f.usage == "" {
		return "Usage: " + f.name + " [flags]\n"
	}
	return f.usage + "\n"
}

// FlagError makes a mistake in flags say what to do: for an unknown flag it
// names the nearest.
func FlagError(err error, set *pflag.FlagSet) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		if near := types.Nearest(unknown.GetSpecifiedName(), names(set)); len(near) > 0 {
			return fmt.Errorf("%w; did you mean --%s?", err, strings.Join(near, " or --"))
		}
	}
	return fmt.Errorf("%w; see --help", err)
}

func names(set *pflag.FlagSet) []string {
	var out []string
	set.VisitAll(func(f *pflag.Flag) { out = append(out, f.Name) })
	return out
}

// readFile reads the configuration file into v and returns its conf section,
// which is case-sensitive to no one.
func readFile(v *viper.Viper, set *pflag.FlagSet, path string) (map[string]string, error) {
	named := path != ""
	if !named {
		path = configFile
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) && !named {
		return nil, nil
	}
	v.SetConfigFile(path)
	if err := v.ReadInConfig(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	conf := map[string]string{}
	for key, value := range v.AllSettings() {
		if key == "conf" {
			section, ok := value.(map[string]any)
			if !ok {
				return nil, fmt.Errorf("%s: conf must be a list of settings, such as riffle.timeZone: Europe/Vienna, each on a line of its own", path)
			}
			for k, s := range section {
				conf[k] = fmt.Sprint(s)
			}
			continue
		}
		if set.Lookup(key) == nil || key == "config" {
			return nil, fmt.Errorf("%s: no setting %s%s", path, key, types.DidYouMean(key, append(names(set), "conf")))
		}
	}
	return conf, nil
}

// environment gives v the RIFFLE_ variables.
func (f *frame) environment(v *viper.Viper, set *pflag.FlagSet) error {
	known := map[string]string{}
	set.VisitAll(func(fl *pflag.Flag) { known[variable(fl.Name)] = fl.Name })
	delete(known, variable("conf"))
	for _, entry := range f.env {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "RIFFLE_") || slices.ContainsFunc(ownVariables, func(p string) bool { return strings.HasPrefix(name, p) }) {
			continue
		}
		flag, ok := known[name]
		if !ok {
			return fmt.Errorf("the environment variable %s is no setting%s", name, nearestVariable(name, known))
		}
		v.Set(flag, value)
	}
	return nil
}

// nearestVariable offers the variables that are near without their prefix, which
// all have in common.
func nearestVariable(name string, known map[string]string) string {
	near := types.Nearest(strings.ToLower(strings.TrimPrefix(name, "RIFFLE_")), slices.Sorted(maps.Values(known)))
	if len(near) == 0 {
		return ""
	}
	for i := range near {
		near[i] = variable(near[i])
	}
	return "; did you mean " + strings.Join(near, " or ") + "?"
}

func variable(flag string) string {
	return "RIFFLE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fill gives the flags that were not on the command line the values of the
// environment or the file.
func fill(v *viper.Viper, set *pflag.FlagSet) error {
	var err error
	set.VisitAll(func(f *pflag.Flag) {
		if err != nil || f.Changed || !v.IsSet(f.Name) || f.Name == "conf" {
			return
		}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			err = list.Replace(several(v, f.Name))
		} else {
			err = f.Value.Set(v.GetString(f.Name))
		}
		if err != nil {
			err = fmt.Errorf("%s (or %s): %w", f.Name, variable(f.Name), err)
		}
	})
	return err
}

// several returns the values of a flag that may be given more than once: a list
// in the file; a text, there or in the environment, is one value.
func several(v *viper.Viper, name string) []string {
	if text, ok := v.Get(name).(string); ok {
		return []string{text}
	}
	return v.GetStringSlice(name)
}

// set adds settings of the form key=value.
func (c *config) set(settings []string) error {
	for _, s := range settings {
		key, value, ok := strings.Cut(s, "=")
		if !ok {
			return fmt.Errorf("--conf %s: write key=value", s)
		}
		c.conf = append(c.conf, setting{key, value})
	}
	return nil
}
