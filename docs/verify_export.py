"""Checks an export of Esker's ledger without Esker: python verify_export.py export.ndjson

Each line is one entry. Its digest is SHA-256 over the canonical JSON of all its other fields: keys
sorted, no spaces, UTF-8. Each entry names the digest of the one before it in its stream.

A chain cannot show that its newest entries, or a whole stream, were left out. The checkpoint on a
printed session record can: `esker ledger verify --checkpoint DIGEST`, on the ledger itself.
"""

import hashlib
import json
import sys


def digest(entry):
    fields = {name: value for name, value in entry.items() if name != "digest"}
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def faults(lines):
    ends = {}
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
            stream = (entry["clinic"], entry["stream"])
            entry["seq"], entry["prev"], entry["digest"]
        except (ValueError, KeyError, TypeError):
            yield f"line {number}: is no whole entry"
            continue
        seq, prev = ends.get(stream, (0, "0" * 64))
        if entry["seq"] != seq + 1:
            yield f"line {number}: {entry['stream']} goes from entry {seq} to {entry['seq']}"
        if entry["prev"] != prev:
            yield f"line {number}: does not follow the entry before it"
        if entry["digest"] != digest(entry):
            yield f"line {number}: was changed after it was written"
        ends[stream] = (entry["seq"], entry["digest"])
    if not ends:
        yield "there is no entry in it"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("say which export to check: python verify_export.py export.ndjson")
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            found = list(faults(file))
    except (OSError, UnicodeDecodeError) as why:
        sys.exit(f"{sys.argv[1]} cannot be read: {why}")
    print("\n".join(found) or "every chain is whole")
    sys.exit(1 if found else 0)
