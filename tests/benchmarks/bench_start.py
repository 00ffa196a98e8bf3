"""P15: start to ready, and resident memory ÷ importing what everybody would need.

Run it with `python -m tests.benchmarks.bench_start`. Ours is `main.py run` on a migrated file,
ready when `/readyz` says so. The floor imports `telegram.ext`, `aiohttp.web` and `sqlite3`. Both
are children of this process, started in turns; memory is read half a second after.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.benchmarks.crowd import SECRET_KEY, open_file
from tests.benchmarks.figures import conditions, quiet
from tests.benchmarks.stub_telegram import TOKEN, StubTelegram
from tests.benchmarks.wire import HOST, free_port, open_line

ROUNDS: Final = 7
WITHIN_S: Final = 30.0
LOOK_EVERY_S: Final = 0.005
SETTLES_S: Final = 0.5
ROOT: Final = Path(__file__).resolve().parents[2]
FLOOR: Final = (
    "import telegram.ext, aiohttp.web, sqlite3, sys; print('ready', flush=True); sys.stdin.read()"
)
READYZ: Final = f"GET /readyz HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()

Measured = tuple[float, float]
"""Seconds until ready, MiB resident."""


async def start_ours(folder: Path, api_url: str) -> Measured:
    """Start the service by its command line and wait until it is ready."""
    port = free_port()
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'ours.db'}",
        "HTTP_PORT": str(port),
        "PUBLIC_URL": f"http://{HOST}:{port}",
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": api_url,
        "LOG_LEVEL": "WARNING",
        "TELEGRAM_MODE": "webhook",
        "TELEGRAM_WEBHOOK_SECRET": "not-a-secret",
        "HAZINA_SECRET_KEY": SECRET_KEY,
        "HAZINA_SANDBOX_URL": f"http://{HOST}:{port}/sandbox",
    }
    started = time.perf_counter()
    process = await _spawn(str(ROOT / "main.py"), "run", environment=environment)
    async with asyncio.timeout(WITHIN_S):
        while not await _is_ready(port):  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(LOOK_EVERY_S)
    return await _weigh(process, started)


async def start_floor() -> Measured:
    """Start the imports and wait until they are done."""
    started = time.perf_counter()
    process = await _spawn("-c", FLOOR, environment={"PATH": os.environ.get("PATH", "")})
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return await _weigh(process, started)


async def _spawn(*arguments: str, environment: Mapping[str, str]) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdin=PIPE, stdout=PIPE, env=environment, cwd=ROOT
    )


async def _weigh(process: Process, started: float) -> Measured:
    took_s = time.perf_counter() - started
    await asyncio.sleep(SETTLES_S)
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")  # noqa: ASYNC240 - one line of /proc
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    process.terminate()
    await process.communicate()
    return took_s, int(resident.split()[1]) / 1024


async def _is_ready(port: int) -> bool:
    try:
        line = await open_line(port)
    except OSError:
        return False
    status = await line.send(READYZ)
    await line.close()
    return status == 200


async def main() -> None:
    """Print the line."""
    stub = StubTelegram()
    api_url = await stub.start()
    with tempfile.TemporaryDirectory(prefix="hazina-") as name:
        folder = Path(name)
        await open_file(folder / "ours.db").close()
        seen: dict[str, list[Measured]] = {"ours": [], "floor": []}
        for turn in range(ROUNDS + 1):
            pair = {"ours": await start_ours(folder, api_url), "floor": await start_floor()}
            for contender, measured in pair.items():
                seen[contender] += [measured] if turn else []  # The first round warms up.
        where = f"{ROUNDS} rounds in turns; {conditions(folder)}"
    await stub.stop()
    time_s = {who: statistics.median(took for took, _ in seen[who]) for who in seen}
    size_mib = {who: statistics.median(size for _, size in seen[who]) for who in seen}
    print(
        f"P15 start and memory ÷ imports alone (goal 2.0, least 2.5): start to ready "
        f"{time_s['ours'] / time_s['floor']:.2f} ({time_s['ours']:.2f} s, floor "
        f"{time_s['floor']:.2f} s); resident {size_mib['ours'] / size_mib['floor']:.2f} "
        f"({size_mib['ours']:.0f} MiB, floor {size_mib['floor']:.0f} MiB); {where}"
    )


if __name__ == "__main__":
    quiet()
    if Path("/proc/self/status").exists():
        asyncio.run(main())
    else:
        print("P15 start and memory: skipped, this system has no /proc to read memory from")
