package open

import (
	"errors"
	"fmt"
	"strings"

	"github.com/riffledata/riffle/exec/store"
	"github.com/riffledata/riffle/exec/store/dir"
	"github.com/riffledata/riffle/exec/store/kafka"
	"github.com/riffledata/riffle/exec/store/s3"
)

// Forms are the forms of a location, for messages.
const Forms = "a folder, file:///folder, s3://bucket/prefix?endpoint=URL&region=R, or kafka://host:9092/topic"

// Open opens the store at a location. No request is made yet, and nothing created:
// that comes with the first use. The caller closes the store.
func Open(location string) (store.Store, error) {
	scheme, rest, ok := strings.Cut(location, "://")
	switch {
	case location == "":
		return nil, errors.New("there is no location for the checkpoint; name " + Forms)
	case !ok:
		return opened(dir.Open(location))
	case scheme == "file" && strings.HasPrefix(rest, "/"):
		return opened(dir.Open(rest))
	case scheme == "s3" || scheme == "s3a":
		conf, err := s3.Parse("s3://" + rest)
		if err != nil {
			return nil, err
		}
		return opened(s3.Open(conf))
	case scheme == "kafka":
		conf, err := kafka.Parse(location)
		if err != nil {
			return nil, err
		}
		return opened(kafka.Open(conf))
	}
	return nil, fmt.Errorf("the location %s: no such kind of checkpoint; name %s", location, Forms)
}

// opened keeps a nil pointer of a store from becoming a store.
func opened[S store.Store](s S, err error) (store.Store, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}
