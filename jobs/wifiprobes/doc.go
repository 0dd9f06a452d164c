// Command wifiprobes tells devices by the way they look for wireless networks,
// and counts what is on the air every day. See README.md.
package main
