# shellcheck shell=sh
# Puts the built release in its place, whole, and switches to it in one step.

place_release() {
  if release_is_current; then
    link_agentctl
    [ -n "$outcome" ] || already "present: $(cat "$current/VERSION")"
    return
  fi
  release=$(cat "$build/dist/VERSION")
  mkdir -p "$releases"
  rm -rf "$releases"/.new-*
  if [ ! -d "$releases/$release" ]; then
    cp -R "$build/dist" "$releases/.new-$release"
    chmod -R u=rwX,go=rX "$releases/.new-$release"
    sync -f "$releases/.new-$release/VERSION"
    mv -T "$releases/.new-$release" "$releases/$release"
  fi
  echo "$clone_hash" >"$releases/$release/SOURCES"
  replace_link "releases/$release" "$current"
  link_agentctl
  remove_old_releases "$release"
  rm -rf "$cache"
  did "$releases/$release"
}

link_agentctl() {
  [ "$(readlink "$agentctl" 2>/dev/null)" != "$current/bin/agentctl" ] || return 0
  mkdir -p "$(dirname "$agentctl")"
  replace_link "$current/bin/agentctl" "$agentctl"
  did "linked $agentctl"
}

# replace_link TARGET LINK: atomically, so that there is no moment without the program.
replace_link() {
  ln -sfn "$1" "$2.new"
  mv -T "$2.new" "$2"
}

# The newest release besides the current one is kept, to go back to by hand.
remove_old_releases() {
  find "$releases" -mindepth 1 -maxdepth 1 -type d ! -name "$1" -printf '%T@ %p\n' | sort -rn | tail -n +2 | cut -d' ' -f2- |
    while read -r old; do rm -rf "$old"; done
}

# The release comes with the configuration of a real appliance, which has to be filled in; a demonstration needs none.
write_configuration() {
  if [ -e "$configuration/appliance.yaml" ]; then
    already "kept: $configuration/appliance.yaml"
    return
  fi
  mkdir -p "$configuration"
  sed 's/^#stack: .*/stack: embedded/' "$current/appliance.yaml" >"$configuration/appliance.yaml.new"
  chmod 0644 "$configuration/appliance.yaml.new"
  mv "$configuration/appliance.yaml.new" "$configuration/appliance.yaml"
  did "wrote $configuration/appliance.yaml"
}

build_images() {
  doing 'made from Debian packages and the pinned Node.js'
  mkdir -p "$images/images"
  before=$(images_hash)
  run 900 "$current/bin/node" "$current/build-images.js" --output "$images/images" ||
    fail "The images of the stack could not be made." 'see the lines above; a missing Debian package is named there'
  if [ "$(images_hash)" = "$before" ]; then already "present in $images/images"; else did "made in $images/images"; fi
}

images_hash() { sha256sum "$images/images/images.json" 2>/dev/null || :; }
