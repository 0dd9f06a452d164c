package main

import (
	"io"
	"os"
	"strconv"
)

// variant is a form of the job that no fast path may know.
type variant struct {
	name string
	// rewrite changes a line of the events; nil leaves them as they are.
	rewrite func(line []byte) []byte
	// host, query and kind name the columns; more are grouped by as well.
	host, query, kind string
	more              []string
}

// variants of the job, the plain one first.
var variants = []variant{
	{name: "file", host: "id.orig_h", query: "query", kind: "qtype_name"},
	{name: "renamed", rewrite: renamed, host: "source", query: "asked_name", kind: "kind"},
	{name: "reordered", rewrite: reordered, host: "id.orig_h", query: "query", kind: "qtype_name"},
	{name: "fourth", host: "id.orig_h", query: "query", kind: "qtype_name", more: []string{"rcode_name"}},
}

// engineJob runs the job by the engine over the file, with so many cores.
type engineJob func(path string, cores int, v variant) (result, error)

// engine returns how the engine runs the job; nil leaves its lines out.
func engine() engineJob { return engineRun }

// engineContestants are engine/<variant>/1 for each variant, and the plain one
// on two cores.
func engineContestants(run engineJob) []contestant {
	if run == nil {
		return nil
	}
	of := func(v variant, cores int) contestant {
		return contestant{name: "engine/" + v.name + "/" + strconv.Itoa(cores), cores: cores, prepare: func(path string) (job, error) {
			path, err := variantFile(path, v)
			return func() (result, error) { return run(path, cores, v) }, err
		}}
	}
	out := []contestant{of(variants[0], 1), of(variants[0], 2)}
	for _, v := range variants[1:] {
		out = append(out, of(v, 1))
	}
	return out
}

// variantFile returns the path of the events in a variant's form, made from
// those at path where it is not there yet.
func variantFile(path string, v variant) (string, error) {
	if v.rewrite == nil {
		return path, nil
	}
	out := path + "." + v.name
	if _, err := os.Stat(out); err == nil {
		return out, nil
	}
	data, err := readPadded(path)
	if err != nil {
		return "", err
	}
	return out, create(out, func(w io.Writer) error {
		for p := 0; p < len(data); {
			next := lineAfter(data, p+1)
			if _, err := w.Write(append(v.rewrite(data[p:next-1]), '\n')); err != nil {
				return err
			}
			p = next
		}
		return nil
	})
}
