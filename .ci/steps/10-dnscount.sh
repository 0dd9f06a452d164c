# jobs/dnscount as its users run it, by the binary: how large that is, how soon the
# first result is there, how much memory a million events take, and a real Kafka
# end to end.

MOST_BINARY_MB=50
MOST_START_MS=50 # 20, and more than twice that for a busy machine
MOST_PEAK_MB=150 # 130, and a seventh: how much of the binary counts as memory differs between kernels
EVENTS=1000000

bin="$RIFFLE_CI_TMP/bin"
mkdir -p "$bin"
# As a release is built: one static binary, without symbols. Pages of the file that
# are mapped count as memory of the process.
CGO_ENABLED=0 go build -ldflags="-s -w" -o "$bin/" ./jobs/dnscount ./cmd/riffle
python="${RIFFLE_PYTHON:-python3}"

# measured COMMAND... prints milliseconds from start to end, and the peak of the
# memory in MB; the command's output goes to the file $out.
out="$RIFFLE_CI_TMP/dnscount.out"
measured() {
	"$python" - "$out" "$@" <<'PY'
import resource, subprocess, sys, time
with open(sys.argv[1], "wb") as out:
    begin = time.monotonic()
    code = subprocess.call(sys.argv[2:], stdout=out)
    took = time.monotonic() - begin
if code != 0:
    sys.exit(f"{sys.argv[2]} ended with code {code}")
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(round(took * 1000), round(peak * (1 if sys.platform == "darwin" else 1024) / 1e6))
PY
}

echo "-- size"
# One function that looks up methods by a name known only when it runs (as
# text/template does) makes the linker keep every exported method: half as much again.
size=$(($(wc -c <"$bin/dnscount") / 1000000))
echo "the binary of a release has $size MB (at most $MOST_BINARY_MB)"
if [ "$size" -gt "$MOST_BINARY_MB" ]; then
	echo "see which new import brings it: go build -ldflags=-dumpdep ./jobs/dnscount 2>&1 | grep ReflectMethod" >&2
	exit 1
fi

echo "-- cold start"
cat >"$RIFFLE_CI_TMP/small.log" <<'LOG'
{"ts":1767225600.080653,"id.orig_h":"192.168.15.2","query":"maps.example.com","qtype_name":"AAAA"}
LOG
best=
for _ in 1 2 3 4 5; do
	read -r ms _ < <(measured "$bin/dnscount" --input "$RIFFLE_CI_TMP/small.log" --available-now --format json --quiet 2>/dev/null)
	[ -n "$best" ] && [ "$best" -le "$ms" ] || best="$ms"
done
grep -q '"domain":"example.com","qtype_name":"AAAA","count":1' "$out"
echo "from start to the first result and the end: $best ms, best of 5 (at most 20, $MOST_START_MS here)"
[ "$best" -le "$MOST_START_MS" ]

echo "-- memory"
# The benchmarks' events: repobench keeps them for its next run.
go run ./cmd/repobench --rows "$EVENTS" --rounds 1 --dir "$RIFFLE_CI_TMP/events" limit/file/1 >/dev/null
events="$(ls "$RIFFLE_CI_TMP"/events/dns-*.ndjson)"
read -r ms peak < <(measured "$bin/dnscount" --input "$events" --available-now --format json)
echo "$EVENTS events by the file source: $ms ms, peak of memory $peak MB (at most 130, $MOST_PEAK_MB here)"
[ "$peak" -le "$MOST_PEAK_MB" ]

echo "-- a real Kafka"
if [ -z "${RIFFLE_TEST_KAFKA:-}" ]; then
	echo "no broker to test with: RIFFLE_TEST_KAFKA is not set" >&2
	exit 1
fi
topic="dnscount-step-$$"
head -n 200000 "$events" >"$RIFFLE_CI_TMP/kafka.log"
"$bin/dnscount" --input "$RIFFLE_CI_TMP/kafka.log" --available-now --format json --quiet >"$RIFFLE_CI_TMP/want" 2>/dev/null
"$bin/riffle" replay --brokers "$RIFFLE_TEST_KAFKA" --topic "$topic" --create-topic --partitions 8 --limit 1 "$RIFFLE_CI_TMP/kafka.log"
tail -n +2 "$RIFFLE_CI_TMP/kafka.log" >"$RIFFLE_CI_TMP/rest.log"
"$bin/riffle" replay --brokers "$RIFFLE_TEST_KAFKA" --topic "$topic" --speed 3000 "$RIFFLE_CI_TMP/rest.log" &
replay=$!
# One that counts while the events come, and is interrupted when all are there;
# then one that reads them all at once.
"$bin/dnscount" --brokers "$RIFFLE_TEST_KAFKA" --topic "$topic" --format json >"$RIFFLE_CI_TMP/while" 2>"$RIFFLE_CI_TMP/while.err" &
counting=$!
wait "$replay"
"$bin/dnscount" --brokers "$RIFFLE_TEST_KAFKA" --topic "$topic" --available-now --format json >"$RIFFLE_CI_TMP/after"
sleep 5 # far more than the last batch takes
kill -INT "$counting"
wait "$counting"
cat "$RIFFLE_CI_TMP/while.err"
cmp "$RIFFLE_CI_TMP/want" "$RIFFLE_CI_TMP/after"
cmp "$RIFFLE_CI_TMP/want" "$RIFFLE_CI_TMP/while"
echo "$(wc -l <"$RIFFLE_CI_TMP/want") groups are the same by files, from Kafka, and from Kafka while the events came"
