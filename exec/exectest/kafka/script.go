package kafka

// script runs the commands for a broker in turn: $1 is its folder, the rest is
// Java and its arguments, to which it adds what to run. Its standard input never
// says anything: it ends when the starting process has closed it or is gone.
// Its standard output is open as long as the broker lives. A broker that has ended
// is started again where there is a file "again".
//
// The signals of a terminal are for who started the broker, not for it.
const script = `
trap '' INT HUP
dir=$1
shift
exec 3<&0
if "$@" kafka.tools.StorageTool format -t riffle-test-cluster-AA -c "$dir/server.properties" </dev/null >&2 3<&-; then
	while :; do
		"$@" kafka.Kafka "$dir/server.properties" </dev/null >&2 3<&- &
		java=$!
		echo "$java" >"$dir/pid"
		(read -r _ <&3; kill -KILL "$java") >/dev/null 2>&1 &
		watch=$!
		wait "$java"
		kill "$watch" 2>/dev/null
		[ -e "$dir/again" ] || break
		rm "$dir/again"
	done
fi
rm -rf "$dir"
`
