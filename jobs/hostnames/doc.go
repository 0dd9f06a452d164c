// Command hostnames counts which hosts ask for which host names, in windows of
// five minutes of event time. See README.md.
package main
