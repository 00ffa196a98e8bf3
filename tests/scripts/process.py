"""The real bot as a process of its own: `python main.py run`, and how it ends."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.scripts.stage import SECRET_KEY, Stage, listens_at

ENTRY: Final = Path(__file__).resolve().parents[2] / "main.py"
READY_WITHIN_S: Final = 150.0
STOP_WITHIN_S: Final = 60.0


class Bot:
    """One process at a time, on a stage's file and ports; everything it logs is kept."""

    def __init__(
        self,
        stage: Stage,
        *,
        name: str = "bot",
        port: int = 0,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Start nothing yet; `env` sets more than the stage does, or other."""
        self._stage = stage
        self._process: asyncio.subprocess.Process | None = None
        self._port = port or stage.port
        self._extra = dict(env or {})
        self.name = name
        self.log = stage.folder / f"{name}.log"
        self.starts = 0

    async def start(self) -> None:
        """Start it; returns before it is ready."""
        with self.log.open("ab") as log:
            self._process = await self._spawn("run", out=log.fileno())
        self.starts += 1

    async def is_ready(self, *, within_s: float = READY_WITHIN_S) -> None:
        """Wait until it listens."""
        async with asyncio.timeout(within_s):
            while not await listens_at(self._port):
                assert self._process is not None
                assert self._process.returncode is None, self.log.read_text()[-2000:]
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """End it by SIGKILL."""
        assert self._process is not None
        self._process.kill()
        assert await self._process.wait() == -9
        self._process = None

    def pause(self) -> None:
        """Let it stand still, as a machine that swaps or a debugger would."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it run again where it stood."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def stop(self) -> int:
        """End it by SIGTERM, as an operator would; returns its exit code."""
        if self._process is None:
            return 0
        self._process.terminate()
        async with asyncio.timeout(STOP_WITHIN_S):
            code = await self._process.wait()
        self._process = None
        return code

    async def command(self, *words: str, typed: str = "") -> tuple[int, str]:
        """Run a command of the shell; returns its exit code and what it said."""
        pipe = asyncio.subprocess.PIPE
        process = await self._spawn(*words, out=pipe, into=pipe)
        try:
            said, _ = await process.communicate(typed.encode())
        finally:
            if process.returncode is None:
                # Whoever gave up waiting leaves nothing open to the test that comes next.
                process.kill()
                await process.communicate()
        return process.returncode or 0, said.decode()

    async def _spawn(
        self, *words: str, out: int, into: int = asyncio.subprocess.DEVNULL
    ) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            str(ENTRY),
            *words,
            cwd=self._stage.folder,
            env=self._env(),
            stdin=into,
            stdout=out,
            stderr=asyncio.subprocess.STDOUT,
        )

    def _env(self) -> dict[str, str]:
        settings = self._stage.settings
        return {
            "PATH": os.environ.get("PATH", ""),
            "DATABASE_URL": settings.database_url,
            "HTTP_HOST": "127.0.0.1",
            "HTTP_PORT": str(self._port),
            "PUBLIC_URL": settings.public_url,
            "TELEGRAM_BOT_TOKEN": settings.telegram_bot_token.get_secret_value(),
            "TELEGRAM_API_URL": settings.telegram_api_url,
            "HAZINA_SANDBOX_URL": settings.hazina_sandbox_url,
            "HAZINA_SECRET_KEY": SECRET_KEY,
            "LOG_FORMAT": "json",
            **self._stage.provider.child_env(),
            **self._extra,
        }
