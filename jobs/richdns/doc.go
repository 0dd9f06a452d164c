// Command richdns puts each DNS query together with the connection in which it
// was asked: dns.log joined to conn.log on uid, within a minute. See README.md.
package main
