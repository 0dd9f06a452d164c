package kafka

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/source"
)

// config is a checked source.Spec.
type config struct {
	client    *clientConf
	streaming bool

	topics  []string       // subscribe
	pattern *regexp.Regexp // subscribePattern
	assign  offsets        // assign; the offsets are 0

	start, end place

	maxOffsets    int64 // 0: no limit
	minPartitions int64
	failOnLoss    bool
	headers       bool
	prefetch      int64
	batchBytes    int64  // that a record batch may hold, decompressed; 0: no limit
	group         string // under which the progress is published, "" for none
	format        string
}

// place says where in each partition a query starts or ends.
type place struct {
	option   string  // as the user wrote it, for errors
	all      int64   // earliest or latest, where nothing else is given
	at       offsets // offsets of single partitions
	millis   int64   // a time for all, if byTime and times is nil
	times    offsets // times of single partitions
	byTime   bool
	orLatest bool // where no record is that late: latest, not an error
}

func parseConfig(spec source.Spec) (*config, error) {
	o := spec.Options
	if err := refuseForeign(o); err != nil {
		return nil, err
	}
	c := &config{streaming: spec.Streaming, format: lower(strings.TrimSpace(o.Get("value.format")))}
	var err error
	if c.client, err = parseClient(o.WithPrefix("kafka.")); err != nil {
		return nil, err
	}
	if err := c.parseTopics(o); err != nil {
		return nil, err
	}
	if err := c.parsePlaces(o); err != nil {
		return nil, err
	}
	if err := c.parseRest(o); err != nil {
		return nil, err
	}
	if c.group == "" && spec.QueryID != "" {
		c.group = "riffle." + spec.QueryID
	}
	return c, nil
}

func (c *config) parseTopics(o option.Set) error {
	given := givenOf(o, "subscribe", "subscribePattern", "assign")
	if len(given) != 1 {
		return &option.Error{Key: "subscribe", Msg: fmt.Sprintf("exactly one of subscribe, subscribePattern and assign is needed; %d are given", len(given))}
	}
	text := o.Get(given[0])
	bad := func(format string, args ...any) error {
		return &option.Error{Key: given[0], Msg: fmt.Sprintf(format, args...)}
	}
	switch given[0] {
	case "subscribe":
		for _, t := range strings.Split(text, ",") {
			if t = strings.TrimSpace(t); t != "" {
				c.topics = append(c.topics, t)
			}
		}
		if len(c.topics) == 0 {
			return bad("%q names no topic; write one or several, separated by commas", text)
		}
	case "subscribePattern":
		re, err := regexp.Compile("^(?:" + text + ")$")
		if err != nil || text == "" {
			return bad("%q is not a regular expression: %v; write for example zeek_.*", text, err)
		}
		c.pattern = re
	case "assign":
		var parts map[string][]int32
		if err := json.Unmarshal([]byte(text), &parts); err != nil {
			return bad(`%q is not JSON like {"topic":[0,1]}: %v`, text, err)
		}
		c.assign = offsets{}
		for topic, numbers := range parts {
			c.topics = append(c.topics, topic)
			for _, p := range numbers {
				c.assign[tp{topic, p}] = 0
			}
		}
		if len(c.assign) == 0 {
			return bad(`%q names no partition; write {"topic":[0,1]}`, text)
		}
	}
	return checkNames(c.topics, bad)
}

var topicName = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)

// isTopicName keeps the length out of the pattern, which would become a state for
// each letter, in every program that starts.
func isTopicName(name string) bool { return len(name) <= 249 && topicName.MatchString(name) }

func checkNames(names []string, bad func(string, ...any) error) error {
	for _, n := range names {
		if !isTopicName(n) {
			return bad("%q is not a topic name: letters, digits, dot, underscore and hyphen, at most 249; for a pattern use subscribePattern", n)
		}
	}
	return nil
}

func givenOf(o option.Set, keys ...string) []string {
	var out []string
	for _, k := range keys {
		if o.Given(k) {
			out = append(out, k)
		}
	}
	return out
}

func (c *config) parsePlaces(o option.Set) (err error) {
	strategy, err := o.OneOf("startingOffsetsByTimestampStrategy", "error", "latest")
	if err != nil {
		return err
	}
	def := int64(earliest)
	if c.streaming {
		def = latest
	}
	if c.start, err = parsePlace(o, def, "startingOffsets", "startingTimestamp", "startingOffsetsByTimestamp"); err != nil {
		return err
	}
	c.start.orLatest = strategy == "latest"
	if !c.start.byTime && o.Given("startingOffsetsByTimestampStrategy") {
		return &option.Error{Key: "startingOffsetsByTimestampStrategy", Msg: "has no use without startingTimestamp or startingOffsetsByTimestamp"}
	}
	ends := givenOf(o, "endingOffsets", "endingTimestamp", "endingOffsetsByTimestamp")
	if c.streaming && len(ends) > 0 {
		return &option.Error{Key: ends[0], Msg: "a stream has no end; it is an option of batch queries"}
	}
	if c.end, err = parsePlace(o, latest, "endingOffsets", "endingTimestamp", "endingOffsetsByTimestamp"); err != nil {
		return err
	}
	c.end.orLatest = true
	if !c.streaming && c.start.has(latest) {
		return &option.Error{Key: c.start.option, Msg: "a batch query cannot start at latest, it would read nothing; give earliest or offsets"}
	}
	if c.end.has(earliest) {
		return &option.Error{Key: c.end.option, Msg: "a batch query cannot end at earliest, it would read nothing; give latest or offsets"}
	}
	return nil
}

// has tells whether the place stands for the symbolic offset anywhere.
func (p place) has(symbol int64) bool {
	for _, off := range p.at {
		if off == symbol {
			return true
		}
	}
	return p.at == nil && !p.byTime && p.all == symbol
}

func parsePlace(o option.Set, def int64, offsetsKey, timeKey, timesKey string) (place, error) {
	given := givenOf(o, offsetsKey, timeKey, timesKey)
	if len(given) == 0 {
		return place{option: offsetsKey, all: def}, nil
	}
	key := given[0]
	if len(given) > 1 {
		return place{}, &option.Error{Key: given[1], Msg: fmt.Sprintf("%s is given too; give one of them", key)}
	}
	p, text := place{option: key}, strings.TrimSpace(o.Get(key))
	fail := func(err error) (place, error) { return place{}, &option.Error{Key: key, Msg: err.Error()} }
	switch {
	case key == timeKey:
		ms, err := strconv.ParseInt(text, 10, 64)
		if err != nil || ms < 0 {
			return fail(fmt.Errorf("%q is not a time in milliseconds since 1970", text))
		}
		p.byTime, p.millis = true, ms
		return p, nil
	case key == offsetsKey && strings.EqualFold(text, "earliest"):
		p.all = earliest
		return p, nil
	case key == offsetsKey && strings.EqualFold(text, "latest"):
		p.all = latest
		return p, nil
	}
	at, err := parseOffsets([]byte(text))
	switch {
	case key == offsetsKey && !strings.HasPrefix(text, "{"):
		return fail(fmt.Errorf(`%q is neither earliest nor latest nor JSON like {"topic":{"0":23}}`, text))
	case err != nil:
		return fail(err)
	case len(at) == 0:
		return fail(fmt.Errorf(`it names no partition; write {"topic":{"0":23}}`))
	}
	low := int64(earliest)
	if key == timesKey {
		p.byTime, p.times, low = true, at, 0
	} else {
		p.at = at
	}
	for _, k := range at.sorted() {
		if at[k] < low {
			return fail(fmt.Errorf("%d of %s is less than %d", at[k], k, low))
		}
	}
	return p, nil
}

func (c *config) parseRest(o option.Set) (err error) {
	if c.maxOffsets, err = o.Int("maxOffsetsPerTrigger", 1); err != nil {
		return err
	}
	if c.maxOffsets > 0 && !c.streaming {
		return &option.Error{Key: "maxOffsetsPerTrigger", Msg: "is an option of streams; a batch query reads to its endingOffsets"}
	}
	if c.minPartitions, err = o.Int("minPartitions", 1); err != nil {
		return err
	}
	if c.failOnLoss, err = o.Bool("failOnDataLoss"); err != nil {
		return err
	}
	if c.headers, err = o.Bool("includeHeaders"); err != nil {
		return err
	}
	if c.prefetch, err = o.Int("prefetch.bytes", 64<<10); err != nil {
		return err
	}
	if c.batchBytes, err = o.Int("max.batch.bytes", 1024); err != nil {
		return err
	}
	if c.batchBytes > math.MaxInt32 {
		return &option.Error{Key: "max.batch.bytes", Msg: fmt.Sprintf("%d is more than %d", c.batchBytes, math.MaxInt32)}
	}
	c.group = strings.TrimSpace(o.Get("groupId"))
	if c.group != "" && !c.streaming {
		return &option.Error{Key: "groupId", Msg: "is an option of streams: a batch query has no lag"}
	}
	if o.Given("prefetch.bytes") && !c.streaming {
		return &option.Error{Key: "prefetch.bytes", Msg: "is an option of streams; a batch query holds two fetches for each range it reads"}
	}
	return nil
}
