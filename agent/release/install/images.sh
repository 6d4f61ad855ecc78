# shellcheck shell=sh
# The archives of the stack's images: made here out of Debian packages, or taken from the release bundle. An archive is
# named by its content, so those of two releases stand beside each other. Each release has its own list of them,
# images.json; the one in force is reached through the link `current`, so that both change in one step.

image_list=$images/images/images.json
# From its folder, so that it leads to the same in an image that is being built.
IMAGE_LIST_TARGET=../../../../opt/appliance-agent/current/images.json

build_images() {
  if [ "$dry_run" = yes ] && archives_whole; then
    already "present in $images/images"
    return
  fi
  would "make the stack's images in $images/images" && return
  doing 'made from Debian packages and the pinned Node.js'
  mkdir -p "$images/images"
  if release_is_current; then built=$current; else built=$build/dist; fi
  before=$(archive_names)
  run 900 "$built/bin/node" "$built/build-images.js" --output "$images/images" --list "$built/images.json" ||
    fail "The images of the stack could not be made." 'see the lines above; a missing Debian package is named there'
  sync "$images/images"
  if [ "$(archive_names)" = "$before" ]; then already "present in $images/images"; else did "made in $images/images"; fi
}

archive_names() { ls "$images/images"/*.tar 2>/dev/null || :; }

# archives_whole: every archive that images.json names is there, with its SHA-256.
archives_whole() {
  [ -e "$image_list" ] || return 1
  awk -F'"' '$2 == "archive" { name = $4 } $2 == "archiveSha256" { print $4 "  " name }' "$image_list" |
    (cd "$images/images" && sha256sum --check --strict --status 2>/dev/null)
}

place_archives() {
  missing=
  for archive in "$clone"/images/*.tar; do
    cmp -s "$archive" "$images/images/${archive##*/}" || missing="$missing ${archive##*/}"
  done
  if [ -z "$missing" ]; then
    already "present in $images/images"
    return
  fi
  would "place$missing in $images/images" && return
  for archive in $missing; do put_file "$clone/images/$archive" "$images/images/$archive" 0644; done
  did "placed$missing"
}

# images_imported: import-images.js put a list of the operator's in place of the link. Its archives are not named by us.
images_imported() {
  [ -e "$image_list" ] && [ ! -L "$image_list" ] && ! grep -qs '"archive": "[a-z-]*-[0-9a-f]\{12\}\.tar"' "$image_list"
}

# Archives that we named, and that no release that is kept names.
remove_old_archives() {
  for archive in "$images"/images/*-????????????.tar; do
    [ -e "$archive" ] || continue
    grep -qsF "\"${archive##*/}\"" "$releases"/*/images.json || rm -f "$archive"
  done
}
