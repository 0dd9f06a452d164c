package main

import "github.com/riffledata/riffle/jobs"

func main() {
	var c config
	jobs.Main(c.run, jobs.WithFlags(c.flags), jobs.Usage(usage))
}
