"""A private one-node Slurm cluster for tests: munged, slurmctld and slurmd in one folder.

Needs Debian's ``slurm-wlm`` and ``munge`` and must run as root. Nothing of the
system's own Slurm or MUNGE setup is read or written: key, socket, state, spool,
logs and slurm.conf all live in the folder that the caller gives.

    with slurm(folder) as env:
        subprocess.run(["sbatch", "--wrap", "hostname"], env=env, check=True)
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sinfo", "sbatch", "squeue", "scancel")
SBIN = "/usr/sbin:/sbin:/usr/local/sbin"

CONF = """\
ClusterName=nzsptest
SlurmctldHost={host}(127.0.0.1)
SlurmctldAddr=127.0.0.1
SlurmctldPort={ctld_port}
SlurmdPort={slurmd_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={munge_socket}
CryptoType=crypto/munge
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MpiDefault=none
SwitchType=switch/none
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=100
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=30
InactiveLimit=0
KillWait=2
MinJobAge=300
SchedulerParameters=sched_min_interval=100000,bf_interval=1,batch_sched_delay=0
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE OverSubscribe=NO State=UP
"""


class SlurmError(RuntimeError):
    """The cluster could not be started or did not become idle."""


def missing_programs() -> list[str]:
    """The programs that are needed and not installed (empty: all there)."""
    return [name for name in PROGRAMS if _which(name) is None]


@contextmanager
def slurm(
    folder: Path, *, cpus: int | None = None, memory: int = 2000, wait_s: float = 30.0
) -> Iterator[dict[str, str]]:
    """Run a one-node cluster in ``folder``; yield the environment for its clients.

    ``cpus`` (the machine's own number if None) and ``memory`` (MiB) are what the
    node offers. The environment is ``os.environ`` with SLURM_CONF added. All
    jobs are cancelled and all three daemons are stopped at exit, also after an error.
    """
    missing = missing_programs()
    if missing:
        raise SlurmError(f"not installed: {', '.join(missing)} (apt-get install slurm-wlm munge)")
    folder = folder.resolve()
    _make_folders(folder)
    env = dict(os.environ, SLURM_CONF=str(folder / "slurm.conf"))
    _write_conf(folder, cpus or os.cpu_count() or 1, memory)
    with ExitStack() as stack:
        stack.enter_context(_daemon(_munged(folder), folder / "munged.out", env))
        _wait(lambda: _munge_socket(folder).exists(), wait_s, "munged's socket", folder)
        stack.enter_context(_daemon([_need("slurmctld"), "-D", "-c"], folder / "slurmctld.out", env))
        stack.enter_context(_daemon([_need("slurmd"), "-D", "-c", "-N", _host()], folder / "slurmd.out", env))
        _wait(lambda: node_state(env) == "idle", wait_s, "an idle node", folder)
        stack.callback(_cancel_jobs, env)
        yield env


def node_state(env: dict[str, str]) -> str:
    """The node's state as ``sinfo`` words it; "" while the controller does not answer."""
    done = subprocess.run(["sinfo", "-h", "-o", "%T"], check=False, env=env, capture_output=True, text=True, timeout=20)
    return done.stdout.strip() if done.returncode == 0 else ""


def _which(name: str) -> str | None:
    """Where a program lies, the system folders included."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SBIN}")


def _need(name: str) -> str:
    """The path of a program that must be there."""
    path = _which(name)
    if path is None:
        raise SlurmError(f"not installed: {name}")
    return path


def _host() -> str:
    """The short host name, which Slurm wants as the node's name."""
    return socket.gethostname().split(".")[0]


def _free_ports(count: int) -> list[int]:
    """Loopback ports that nothing listens on now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _munge_folder(folder: Path) -> Path:
    """The folder of munged's key, socket and log."""
    return folder / "munge"


def _munge_socket(folder: Path) -> Path:
    """The socket of this cluster's own munged."""
    return _munge_folder(folder) / "socket"


def _make_folders(folder: Path) -> None:
    """Make the folders and a fresh MUNGE key; munged is strict about their modes."""
    for name in ("state", "spool", "munge"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    munge = _munge_folder(folder)
    key = munge / "munge.key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o600)
    munge.chmod(0o755)


def _write_conf(folder: Path, cpus: int, memory: int) -> None:
    """Write slurm.conf; nothing in it asks for cgroups, so no cgroup.conf is needed."""
    ctld_port, slurmd_port = _free_ports(2)
    text = CONF.format(
        host=_host(),
        folder=folder,
        munge_socket=_munge_socket(folder),
        cpus=cpus,
        memory=memory,
        ctld_port=ctld_port,
        slurmd_port=slurmd_port,
    )
    (folder / "slurm.conf").write_text(text)


def _munged(folder: Path) -> list[str]:
    """The command that runs munged in the foreground (as root: the folder may be root's alone)."""
    munge = _munge_folder(folder)
    return [
        _need("munged"),
        "--foreground",
        "--force",
        f"--socket={_munge_socket(folder)}",
        f"--key-file={munge}/munge.key",
        f"--pid-file={munge}/munged.pid",
        f"--log-file={munge}/munged.log",
        f"--seed-file={munge}/munged.seed",
        "--num-threads=2",
    ]


@contextmanager
def _daemon(command: list[str], log: Path, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a foreground daemon; terminate it at exit, kill it if it lingers."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, start_new_session=True
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(ready: Callable[[], bool], limit_s: float, what: str, folder: Path) -> None:
    """Poll until ``ready()`` is true; else raise with the ends of the logs."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if ready():
            return
        time.sleep(0.05)
    raise SlurmError(f"no {what} after {limit_s:g} s\n{_log_tails(folder)}")


def _log_tails(folder: Path) -> str:
    """The last lines of every log, for an error message."""
    logs = sorted([*folder.glob("*.log"), *folder.glob("*.out"), *folder.glob("munge/*.log")])
    return "\n".join(
        f"== {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-8:]) for path in logs
    )


def _cancel_jobs(env: dict[str, str]) -> None:
    """Cancel what still runs and wait a moment, so that no job outlives the cluster."""
    subprocess.run(["scancel", "--state=PENDING"], check=False, env=env, capture_output=True, timeout=20)
    subprocess.run(
        ["scancel", "--state=RUNNING", "--signal=KILL", "--full"], check=False, env=env, capture_output=True, timeout=20
    )
    end = time.monotonic() + 10
    while time.monotonic() < end:
        left = subprocess.run(["squeue", "-h"], check=False, env=env, capture_output=True, text=True, timeout=20)
        if left.returncode != 0 or not left.stdout.strip():
            return
        time.sleep(0.1)
