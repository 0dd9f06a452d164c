package fn

import "math/rand/v2"

// RegisteredDomain is the part of a host name that someone can register:
// example.co.uk of www.example.co.uk. ICANN's rules count; the result is empty below
// no known suffix, "local" for names that end in .local, and keeps the name's
// letter case, as the Python library tldextract does. See RegisteredDomainBy.
func RegisteredDomain(host Column) Column { return call("registered_domain", host) }

// RegisteredDomainBy is RegisteredDomain in another variant: "icann" is in small
// letters, and null where there is no domain; "private" is that with the private
// rules too, so that user.github.io is a domain; "extract" is the default.
func RegisteredDomainBy(host Column, variant string) Column {
	return call("registered_domain", host, variant)
}

// TypeOf is the name of a value's type.
func TypeOf(x any) Column { return call("typeof", x) }

// ToPrettyString is a value as Show writes it: as a cast to string does, but with
// NULL inside arrays, maps and structs, and binary values as [61 62].
func ToPrettyString(x any) Column { return call("to_pretty_string", x) }

// Rand is a random double from 0 on, below 1, another for each row. Its seed is
// chosen once, when the query is built.
func Rand() Column { return RandSeed(rand.Int64()) }

// RandSeed is Rand with a seed: the same for the same row of a task in a batch.
func RandSeed(seed int64) Column { return call("rand", seed) }

// Randn is a random double of the standard normal distribution, another for
// each row. Its seed is chosen once, when the query is built.
func Randn() Column { return RandnSeed(rand.Int64()) }

// RandnSeed is Randn with a seed: the same for the same row of a task in a batch.
func RandnSeed(seed int64) Column { return call("randn", seed) }

// UUID is a random UUID of version 4, another for each row.
func UUID() Column { return call("uuid", rand.Int64()) }
