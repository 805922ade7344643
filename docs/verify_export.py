"""Checks an export of Esker's ledger without Esker: verify_export.py EXPORT [CHECKPOINTS]

Each line of an export is one entry. Its digest is SHA-256 over the canonical JSON of all its other
fields: keys sorted, no spaces, UTF-8. Each entry names the digest of the one before in its stream.

A chain cannot show that its newest entries, or a whole stream, were left out. Checkpoints can: each
holds the ends of the streams that grew, and a printed record names one, which must be among them.
Take them before the export: `esker ledger checkpoints`, then `esker ledger export`.
"""

import hashlib
import json
import sys


def digest(value):
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def faults(lines, held, ends):
    for number, line in enumerate(lines, start=1):
        try:
            said = json.loads(line)
            heads, clinic, seq, prev = said.get("heads"), said["clinic"], said["seq"], said["prev"]
            chain = (clinic, "checkpoints" if "heads" in said else said["stream"])
            tied = [((clinic, stream, last), end) for stream, last, end in heads or ()]
            rest = {name: value for name, value in said.items() if name != "digest"}
            same = digest([prev, sorted(heads)] if "heads" in said else rest) == said["digest"]
        except (ValueError, KeyError, TypeError, AttributeError):
            yield f"line {number}: is no whole entry"
            continue
        if (seq, prev) != ends.get(chain, (1, "0" * 64)):
            yield f"line {number}: does not follow the one before it"
        if not same:
            yield f"line {number}: was changed after it was written"
        for (_, stream, last), end in (each for each in tied if held.get(each[0]) != each[1]):
            yield f"line {number}: ties entry {last} of {stream} ({end[:8]}), which is not there"
        ends[chain], held[(*chain, seq)] = (seq + 1, said["digest"]), said["digest"]


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit("say what to check: python verify_export.py export.ndjson [checkpoints.ndjson]")
    held, ends, found = {}, {}, []
    for path in sys.argv[1:]:
        try:
            with open(path, encoding="utf-8") as file:
                found += [f"{path}, {fault}" for fault in faults(file, held, ends)]
        except (OSError, UnicodeDecodeError) as why:
            sys.exit(f"{path} cannot be read: {why}")
    found += [] if ends else ["there is no entry in it"]
    print("\n".join(found) or "every chain is whole")
    sys.exit(1 if found else 0)
