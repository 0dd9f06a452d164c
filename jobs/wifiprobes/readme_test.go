package main

import (
	"testing"

	"github.com/riffledata/riffle/jobs/jobstest"
)

// The page tells the truth.
func TestReadme(t *testing.T) { jobstest.Readme(t, pipeline(), 13) }
