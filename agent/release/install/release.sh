# shellcheck shell=sh
# Puts a release in its place, whole, and switches to it in one step; goes back to the one before it.

place_release() {
  if installed_is_current; then
    make_links
    from_bundle || remove_old_archives
    [ -n "$outcome" ] || already "present: $(cat "$current/VERSION")"
    return
  fi
  would "place and switch to the release $(offered_release)" && return
  source=$(release_source)
  release=$(cat "$source/VERSION")
  mkdir -p "$releases"
  rm -rf "$releases"/.new-*
  # What a power cut left under the right name may have lost content.
  release_whole "$releases/$release" || copy_release
  # Neither is in the sums of a release that was built here: what it was built from, and the images made for it.
  from_bundle || {
    echo "$clone_hash" >"$releases/$release/SOURCES"
    cmp -s "$source/images.json" "$releases/$release/images.json" || put_file "$source/images.json" "$releases/$release/images.json" 0644
  }
  switch_to "$release"
  remove_old_releases
  from_bundle || rm -rf "$cache"
  did "$releases/$release"
}

# installed_is_current: what this installer would place is what is there.
installed_is_current() {
  if from_bundle; then
    [ "$(cat "$current/VERSION" 2>/dev/null)" = "$(cat "$clone/release/VERSION")" ] && release_whole "$current"
  else
    release_is_current
  fi
}

offered_release() { cat "$(release_source)/VERSION" 2>/dev/null || echo 'that is to be built'; }

release_source() { if from_bundle; then echo "$clone/release"; else echo "$build/dist"; fi; }

copy_release() {
  rm -rf "${releases:?}/$release"
  cp -R "$source" "$releases/.new-$release"
  chmod -R u=rwX,go=rX "$releases/.new-$release"
  sync -f "$releases/.new-$release/VERSION"
  mv -T "$releases/.new-$release" "$releases/$release"
  sync "$releases"
}

# switch_to RELEASE: its programs and its list of images, in one step; the archives that this names are all there.
switch_to() {
  from=$(basename "$(readlink "$current" 2>/dev/null || :)")
  [ -z "$from" ] || [ "$from" = "$1" ] || replace_link "releases/$from" "$previous"
  make_links
  replace_link "releases/$1" "$current"
}

# make_links: the images of the current release, the command, and what the console shows above its login prompt, which
# the agent writes.
make_links() {
  images_imported || make_link "$IMAGE_LIST_TARGET" "$image_list"
  make_link /opt/appliance-agent/current/bin/agentctl "$agentctl"
  make_link /run/appliance-agent/issue "$banner"
}

make_link() {
  [ "$(readlink "$2" 2>/dev/null)" != "$1" ] || return 0
  would "link $2" && return
  mkdir -p "$(dirname "$2")"
  replace_link "$1" "$2"
  did "linked $2"
}

# The current release and the one before it are kept, with their archives.
remove_old_releases() {
  for old in "$releases"/*; do
    case ${old##*/} in
      "$(basename "$(readlink "$current")")" | "$(basename "$(readlink "$previous" 2>/dev/null || echo none)")") ;;
      *) rm -rf "$old" ;;
    esac
  done
  remove_old_archives
}

# go_back: to the release before the current one. Done twice it is undone.
go_back() {
  release=$(basename "$(readlink "$previous" 2>/dev/null || :)")
  # The same as the current one: the power went when a switch had just begun.
  [ -d "$releases/${release:-none}" ] && [ "$release" != "$(basename "$(readlink "$current")")" ] || fail 'There is no release to go back to.' \
    'install the release that you want from its bundle'
  release_whole "$releases/$release" || fail "The release $release is damaged." 'install it again from its bundle'
  would "switch from $(cat "$current/VERSION") to $release" && return
  left=$(cat "$current/VERSION")
  switch_to "$release"
  did "$release (before: $left)"
}
