// Command newcerts finds TLS connections to servers whose certificate is new:
// ssl.log joined to x509.log. See README.md.
package main
