package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Options say what to replay and how fast. The zero value of all but Paths
// replays everything once, as fast as it is taken.
type Options struct {
	// Paths are files of lines, gzipped where the name ends in .gz. "-" is Stdin.
	Paths []string
	Stdin io.Reader
	// Speed is how many times faster than the events' own times they are sent; 0
	// is as fast as possible. Files are then merged by time; within a file, what
	// is late is sent at once.
	Speed float64
	// TimeField is the field that holds the time; "" stands for the first of
	// TimeFields that an event has. A time is a number or a text of seconds,
	// milliseconds, microseconds or nanoseconds since 1970, told apart by their
	// size, or a text in ISO 8601.
	TimeField string
	// Loop starts again at the end, for ever. From the second round on the times
	// in the events are moved so that they go on where the last round ended.
	Loop bool
	// KeyField is the field whose value is the key of the record; "" gives none,
	// and so does an event without it.
	KeyField string
	// Limit is the most events to send; 0 is no limit.
	Limit int64
	// Progress is told now and then how far the replay is. It may be nil.
	Progress func(Stats)
}

// TimeFields are the names under which times are looked for, in this order.
var TimeFields = []string{"ts", "@timestamp", "timestamp", "_time", "time", "_write_ts"}

// Stats say how far a replay is.
type Stats struct {
	Records int64
	// Bytes are those of the events, Read those of the files as they lie there,
	// of the present round.
	Bytes, Read int64
	Round       int64
}

// Send takes an event, which belongs to it from then on. key is nil where there
// is none.
type Send func(ctx context.Context, key, value []byte) error

// Run replays until all is sent, an error comes up, or ctx ends, whose error it
// then returns.
func Run(ctx context.Context, o Options, send Send) (Stats, error) {
	r := &replay{Options: o, send: send}
	if err := r.check(); err != nil {
		return r.stats, err
	}
	for {
		before := r.stats.Records
		err := r.round(ctx)
		if r.Progress != nil {
			r.Progress(r.stats)
		}
		switch {
		case errors.Is(err, errEnough):
			return r.stats, nil
		case err != nil || !r.Loop:
			return r.stats, err
		case r.stats.Records == before:
			return r.stats, fmt.Errorf("no events in %s to begin again with", strings.Join(r.Paths, ", "))
		}
		r.again()
	}
}

var errEnough = errors.New("the limit is reached")

// replay is one call of Run.
type replay struct {
	Options
	send  Send
	stats Stats

	began       time.Time // when the first event with a time was sent
	base        int64     // that event's time, in nanoseconds
	first, last int64     // the times of the round, before they are moved
	timed       int64     // events of the round with a time
	shift       int64     // added to the times of this round
}

func (r *replay) check() error {
	if len(r.Paths) == 0 {
		return errors.New("no files to replay")
	}
	if r.Speed < 0 {
		return fmt.Errorf("a speed of %g; write a number above 0, or 0 for as fast as possible", r.Speed)
	}
	for _, p := range r.Paths {
		if p == "-" && r.Loop {
			return errors.New("standard input cannot be read again: replay a file to loop")
		}
	}
	return nil
}

// round replays all files once.
func (r *replay) round(ctx context.Context) (err error) {
	files, err := r.open()
	defer func() {
		for _, f := range files {
			err = errors.Join(err, f.close())
		}
	}()
	if err != nil {
		return err
	}
	r.timed, r.stats.Read = 0, 0
	for len(files) > 0 {
		i := r.earliest(files)
		if err := r.event(ctx, files[i]); err != nil {
			return err
		}
		if r.stats.Records%256 == 0 || r.Speed > 0 {
			r.report(files)
		}
		ok, err := files[i].next(r.looksAtTimes())
		if err != nil {
			return err
		}
		if !ok {
			r.stats.Read += files[i].read
			if err := files[i].close(); err != nil {
				return err
			}
			files = append(files[:i], files[i+1:]...)
		}
	}
	return nil
}

func (r *replay) looksAtTimes() bool { return r.Speed > 0 || r.Loop }

// open opens all files and reads the first line of each; files without lines
// are left out. The files that it returns are open, after an error too.
func (r *replay) open() (files []*file, err error) {
	for _, path := range r.Paths {
		f, err := openFile(path, r.Stdin, r.TimeField)
		if err != nil {
			return files, err
		}
		ok, err := f.next(r.looksAtTimes())
		if err == nil && ok && r.Speed > 0 && !f.timed {
			err = fmt.Errorf("%s: no time in the first event (%.80s): name its field, or replay without a speed", path, f.line)
			if r.TimeField != "" {
				err = fmt.Errorf("%s: no time under %s in the first event (%.80s)", path, r.TimeField, f.line)
			}
		}
		if err != nil || !ok {
			if err = errors.Join(err, f.close()); err != nil {
				return files, err
			}
			continue
		}
		files = append(files, f)
	}
	return files, nil
}

// earliest returns the file to take the next event from: where there is a pace
// the one whose event is the earliest, else the first.
func (r *replay) earliest(files []*file) int {
	best := 0
	for i, f := range files {
		if r.Speed > 0 && f.at < files[best].at {
			best = i
		}
	}
	return best
}

// event sends the event at the head of a file when its time has come.
func (r *replay) event(ctx context.Context, f *file) error {
	if r.Limit > 0 && r.stats.Records >= r.Limit {
		return errEnough
	}
	if f.timed {
		if err := r.pace(ctx, f.at); err != nil {
			return err
		}
	}
	line := f.line
	if f.timed && r.shift != 0 {
		line = f.stamp.move(line, r.shift)
	} else {
		line = append([]byte(nil), line...)
	}
	var key []byte
	if r.KeyField != "" {
		key = keyOf(line, r.KeyField)
	}
	if err := r.send(ctx, key, line); err != nil {
		return err
	}
	r.stats.Records++
	r.stats.Bytes += int64(len(line))
	return ctx.Err()
}

// pace notes an event's time, and waits for it.
func (r *replay) pace(ctx context.Context, at int64) error {
	if r.timed == 0 {
		r.first, r.last = at, at
	}
	r.timed++
	r.first, r.last = min(r.first, at), max(r.last, at)
	if r.Speed == 0 {
		return nil
	}
	at += r.shift
	if r.began.IsZero() {
		r.began, r.base = time.Now(), at
	}
	wait := time.Until(r.began.Add(time.Duration(float64(at-r.base) / r.Speed)))
	if wait <= 0 {
		return nil
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// again moves the next round to behind this one, by a usual distance between
// two events.
func (r *replay) again() {
	r.stats.Round++
	if r.timed == 0 {
		return
	}
	gap := int64(time.Second)
	if span := r.last - r.first; span > 0 {
		gap = max(1, span/max(1, r.timed-1))
	}
	r.shift += r.last - r.first + gap
}

func (r *replay) report(files []*file) {
	if r.Progress == nil {
		return
	}
	s := r.stats
	for _, f := range files {
		s.Read += f.read
	}
	r.Progress(s)
}
