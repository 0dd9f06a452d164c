package gen_test

import (
	"fmt"

	"github.com/riffledata/riffle/jobs/zeek/gen"
)

func ExampleGenerator_Append() {
	g := gen.New(42)
	fmt.Printf("%s\n%s\n", g.Append(nil), g.Append(nil))
	// Output:
	// {"ts":1767225600.054667,"uid":"C1VFGOu2LxxQ387C2M","id.orig_h":"192.168.10.2","id.orig_p":56675,"id.resp_h":"224.0.0.251","id.resp_p":5353,"proto":"udp","trans_id":0,"query":"_googlecast._tcp.local","qclass":1,"qclass_name":"C_INTERNET","qtype":12,"qtype_name":"PTR","AA":true,"TC":false,"RD":false,"RA":false,"Z":0,"rejected":false}
	// {"ts":1767225600.080653,"uid":"CGtRCC32wJOTeDbIoB","id.orig_h":"192.168.15.2","id.orig_p":64851,"id.resp_h":"192.168.10.53","id.resp_p":53,"proto":"udp","trans_id":30049,"query":"maps.us.solarmeadow.com","qclass":1,"qclass_name":"C_INTERNET","qtype":28,"qtype_name":"AAAA","AA":false,"TC":false,"RD":true,"RA":false,"Z":0,"rejected":false}
}
