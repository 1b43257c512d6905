#!/bin/sh
# Makes the secrets of compose.yaml, once: the database's password, its URL, and the pepper of the fingerprints.
set -eu
cd "$(dirname "$0")"
# The folder is yours alone; the files can be read by the containers' users, each of which gets only its own.
mkdir -p -m 0700 secrets
chmod 0700 secrets
umask 022
[ -s secrets/postgres ] || head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' > secrets/postgres
[ -s secrets/state_url ] || printf 'postgresql+psycopg://keywatch:%s@postgres/keywatch' "$(cat secrets/postgres)" > secrets/state_url
[ -s secrets/pepper ] || printf '1:%s' "$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')" > secrets/pepper
echo "The secrets are in $(pwd)/secrets. Keep a copy of the pepper apart: without it, keys have other fingerprints."
