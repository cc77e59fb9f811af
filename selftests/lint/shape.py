#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""shape.py TOP: sizes of files and functions, and who may include whom.

The kernel part has four floors; a file includes headers of its own floor or
of lower ones only.  The lowest is pure: it compiles in user space as well.
"""
import pathlib
import re
import sys

MAX_FILE = 850
MAX_FUNCTION = 60

FLOORS = {
    1: "cause chunk date field framing lifecycle limits parse reply ring url",
    2: "batch binding cache fault log log_read net notify queue record request reserve route stats",
    3: ("accept answer bind body conn fate held listen recv respond send shutdown timer "
        "tls transfer worker zombie"),
    4: ("debugfs dev genl genl_dump genl_worker logdev main procfs procfs_worker "
        "uring view"),
}
FLOOR = {name: n for n, names in FLOORS.items() for name in names.split()}

# Tracepoints look at every object and are called from everywhere.
EXEMPT = {"trace", "httpq"}

PURE_INCLUDES = {
    f"linux/{name}.h" for name in
    ("bits ctype errno httpq httpq_log kernel limits math64 minmax stddef string types "
     "unaligned").split()
}

problems = []


def problem(path, line, text):
    problems.append(f"{path}:{line}: {text}")


def check_size(path, lines):
    if len(lines) > MAX_FILE:
        problem(path, 1, f"{len(lines)} lines, at most {MAX_FILE}")
    begin = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            begin = number
        elif line.startswith("}") and begin:
            if number - begin - 1 > MAX_FUNCTION:
                problem(path, begin, f"function of {number - begin - 1} lines, "
                                     f"at most {MAX_FUNCTION}")
            begin = None


def check_includes(path, lines):
    name = path.stem
    if name in EXEMPT:
        return
    if name not in FLOOR:
        problem(path, 1, "on no floor: add it to selftests/lint/shape.py")
        return
    floor = FLOOR[name]
    for number, line in enumerate(lines, 1):
        match = re.match(r'#include ([<"])([^>"]+)[>"]', line)
        if not match:
            continue
        kind, header = match.groups()
        stem = pathlib.PurePath(header).stem
        if kind == "<" or header.startswith("compat/"):
            if floor == 1 and header not in PURE_INCLUDES:
                problem(path, number, f"a pure unit includes {header}")
        elif stem in EXEMPT:
            if floor == 1:
                problem(path, number, f"a pure unit includes {header}")
        elif FLOOR.get(stem, 5) > floor:
            problem(path, number, f"floor {floor} includes {header} of "
                                  f"floor {FLOOR.get(stem, '?')}")
        elif stem in ("dev", "genl") and name not in ("main", stem):
            problem(path, number, f"only main includes {header}")


top = pathlib.Path(sys.argv[1])
for path in sorted(top.glob("kmod/**/*.[ch]")) + sorted(top.glob("tools/**/*.[ch]")):
    lines = path.read_text(encoding="utf-8").splitlines()
    relative = path.relative_to(top)
    if not path.name.endswith(".mod.c"):
        check_size(relative, lines)
    if path.parent == top / "kmod" and not path.name.endswith(".mod.c"):
        check_includes(relative, lines)
print("\n".join(problems))
sys.exit(bool(problems))
