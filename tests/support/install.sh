#!/usr/bin/env bash
# Installs what the cluster tests need and can be had here: a server into .cache/server, Slurm from Debian's packages.
# What cannot be had is said in one line, and the tests that need it are skipped with the same reason.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    wanted=()
    command -v slurmctld >/dev/null || [ -x /usr/sbin/slurmctld ] || wanted+=(slurm-wlm munge)
    command -v mvn >/dev/null || wanted+=(openjdk-17-jdk-headless maven)
    if [ "${#wanted[@]}" -gt 0 ]; then
        { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${wanted[@]}"; } \
            >/dev/null 2>&1 || echo "cluster tests: could not install ${wanted[*]}"
    fi
fi
"$here/install_server.sh" "$root/.cache/server" || echo "cluster tests: no server could be installed"
