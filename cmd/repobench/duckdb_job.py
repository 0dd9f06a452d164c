# The main job by DuckDB, with an explicit schema: prints an outcome as JSON.
import json, resource, sys, time

import duckdb

path, threads = sys.argv[1], int(sys.argv[2])
columns = {
    "ts": "VARCHAR", "uid": "VARCHAR", "id.orig_h": "VARCHAR", "id.orig_p": "INTEGER",
    "id.resp_h": "VARCHAR", "id.resp_p": "INTEGER", "proto": "VARCHAR", "trans_id": "INTEGER",
    "query": "VARCHAR", "qclass": "INTEGER", "qclass_name": "VARCHAR", "qtype": "INTEGER",
    "qtype_name": "VARCHAR", "rcode": "INTEGER", "rcode_name": "VARCHAR", "AA": "BOOLEAN",
    "TC": "BOOLEAN", "RD": "BOOLEAN", "RA": "BOOLEAN", "Z": "INTEGER", "answers": "VARCHAR",
    "TTLs": "VARCHAR", "rejected": "BOOLEAN",
}
con = duckdb.connect(config={"threads": threads})
con.execute("SET preserve_insertion_order = false; SET enable_progress_bar = false")


def usage():
    u = resource.getrusage(resource.RUSAGE_SELF)
    return u.ru_utime + u.ru_stime


cpu, wall = usage(), time.monotonic()
con.execute(
    """
    CREATE TEMP TABLE counts AS
    SELECT "id.orig_h" AS host, regexp_extract("query", '([^.]+\\.)?[^.]+$') AS domain, qtype_name, count(*) AS n
    FROM read_json(?, format = 'newline_delimited', columns = $COLUMNS)
    WHERE "query" IS NOT NULL AND "query" <> '' AND "query" NOT LIKE '%.local'
    GROUP BY ALL
    """.replace("$COLUMNS", "{" + ", ".join("'%s': '%s'" % c for c in columns.items()) + "}"),
    [path],
)
cpu, wall = usage() - cpu, time.monotonic() - wall
passed, groups = con.execute("SELECT sum(n), count(*) FROM counts").fetchone()
print(json.dumps({
    "Rows": sum(1 for _ in open(path, "rb")), "Passed": int(passed), "Groups": groups, "CPU": int(cpu * 1e9), "Wall": int(wall * 1e9),
    "Peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10,
}))
