# Sourced by the programs beside it: finds a Node.js that runs them and sets `node` to it.
# The one that scripts/bootstrap.mjs put into .local/ comes first, then the one on PATH.

node="$root/.local/toolchain/node_modules/node/bin/node"
if [ ! -x "$node" ]; then
  node=$(command -v node || true)
  if [ -z "$node" ] || ! "$node" -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 24 || (+a === 24 && +b >= 6) ? 0 : 1)'; then
    echo "${0##*/}: Node.js 24.6 or newer is needed. Run \"npm run build\" once in $root: it gets one into .local/ for this checkout." >&2
    exit 1
  fi
fi
if [ ! -d "$root/node_modules/@logpipe" ]; then
  echo "${0##*/}: the packages are not installed yet. Run \"npm run build\" once in $root." >&2
  exit 1
fi
# Compiled code is kept in the checkout: a third less time to start, and the TypeScript stripper (20 MiB) is not even loaded.
NODE_COMPILE_CACHE=${NODE_COMPILE_CACHE-$root/.local/compile-cache}
export NODE_COMPILE_CACHE
