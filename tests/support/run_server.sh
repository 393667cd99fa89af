#!/usr/bin/env bash
# run_server.sh FOLDER PORT [memory | DATA_FILE] [KEY_PEM CERT_PEM]
# Serves on 127.0.0.1:PORT in the foreground until it is stopped (exec: the caller's child is the server itself).
# "listening" on the output says that it answers.
set -euo pipefail
folder=${1:?usage: run_server.sh FOLDER PORT [memory|DATA_FILE] [KEY CERT]}
port=${2:?usage: run_server.sh FOLDER PORT [memory|DATA_FILE] [KEY CERT]}
exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx${NZSP_TEST_SERVER_MEMORY:-512m} -cp "$folder/classes:$folder/lib/*" Server "$port" "${@:3}"
