#!/bin/sh
# Entry of `npm test` and `npm run demo` on a bare machine: installs the locked dependencies, Node 24 among them, where
# they are missing or stale, then runs tools/src/<name>.ts with that Node.
set -eu
name=$1
shift
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

need() {
  command -v "$1" >/dev/null 2>&1 && return
  echo "roadstead: $1 is missing on this machine. Install it: $2" >&2
  exit 1
}
need npm "apt-get install npm (or Node.js 20 or newer from your package manager)"
need git "apt-get install git"
need python3 "apt-get install python3 python3-venv"

stamp=node_modules/.roadstead-lock
if ! cmp -s package-lock.json "$stamp"; then
  echo "installing dependencies (about a minute) …" >&2
  # Not `npm ci`: it refuses a lock file in which a registry could not fill in another platform's optional binaries.
  npm install --no-save --no-fund --no-audit --loglevel=error
  cp package-lock.json "$stamp"
fi
PATH="$root/node_modules/.bin:$PATH"
export PATH
version=$(node -p process.versions.node)
minor=${version#*.}
if [ "${version%%.*}" -lt 24 ] || { [ "${version%%.*}" -eq 24 ] && [ "${minor%%.*}" -lt 5 ]; }; then
  echo "roadstead: Node 24.5 or newer is needed, and the dependencies bring none for this platform. Install Node.js 24 and try again." >&2
  exit 1
fi
exec node "tools/src/$name.ts" "$@"
