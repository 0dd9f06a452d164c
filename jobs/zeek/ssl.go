package zeek

import "github.com/riffledata/riffle/dataframe/types"

var texts = types.Array{Elem: types.String, ContainsNull: true}

// SSL is the schema of an event of ssl.log as JSON, all columns nullable. ts is
// text, as in DNS. Zeek up to version 4 writes the subject and issuer of the
// server's certificate; later versions write the fingerprints of its chain
// instead, the server's own first.
var SSL = types.NewSchema().
	Add("ts", types.String).
	Add("uid", types.String).
	Add("id.orig_h", types.String).
	Add("id.orig_p", types.Int).
	Add("id.resp_h", types.String).
	Add("id.resp_p", types.Int).
	Add("version", types.String).
	Add("cipher", types.String).
	Add("curve", types.String).
	Add("server_name", types.String).
	Add("resumed", types.Boolean).
	Add("next_protocol", types.String).
	Add("established", types.Boolean).
	Add("cert_chain_fuids", texts).
	Add("client_cert_chain_fuids", texts).
	Add("cert_chain_fps", texts).
	Add("subject", types.String).
	Add("issuer", types.String).
	Add("validation_status", types.String)

// X509 is the schema of an event of x509.log as JSON, all columns nullable. The
// three times are text, as ts in DNS. Zeek up to version 4 names a certificate by
// the id of the file that it came in, later versions by its fingerprint.
var X509 = types.NewSchema().
	Add("ts", types.String).
	Add("id", types.String).
	Add("fingerprint", types.String).
	Add("certificate.version", types.Int).
	Add("certificate.serial", types.String).
	Add("certificate.subject", types.String).
	Add("certificate.issuer", types.String).
	Add("certificate.not_valid_before", types.String).
	Add("certificate.not_valid_after", types.String).
	Add("certificate.key_alg", types.String).
	Add("certificate.sig_alg", types.String).
	Add("certificate.key_type", types.String).
	Add("certificate.key_length", types.Int).
	Add("certificate.exponent", types.String).
	Add("basic_constraints.ca", types.Boolean).
	Add("basic_constraints.path_len", types.Int)
