# shellcheck shell=sh
# The archives of the stack's images: made here out of Debian packages, or taken from the release bundle. An archive is
# named by its content, so those of two releases stand beside each other; images.json says which are in force.

build_images() {
  if [ "$dry_run" = yes ] && archives_whole; then
    already "present in $images/images"
    return
  fi
  would "make the stack's images in $images/images" && return
  doing 'made from Debian packages and the pinned Node.js'
  mkdir -p "$images/images"
  before=$(images_hash)
  run 900 "$current/bin/node" "$current/build-images.js" --output "$images/images" ||
    fail "The images of the stack could not be made." 'see the lines above; a missing Debian package is named there'
  if [ "$(images_hash)" = "$before" ]; then already "present in $images/images"; else did "made in $images/images"; fi
}

# archives_whole: every archive that images.json names is there, with its SHA-256.
archives_whole() {
  [ -e "$images/images/images.json" ] || return 1
  awk -F'"' '$2 == "archive" { name = $4 } $2 == "archiveSha256" { print $4 "  " name }' "$images/images/images.json" |
    (cd "$images/images" && sha256sum --check --strict --status 2>/dev/null)
}

images_hash() { sha256sum "$images/images/images.json" 2>/dev/null || :; }

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

# images_match RELEASE-FOLDER: the images of that release are in force. One that was built here has none of its own.
images_match() { [ ! -e "$1/images.json" ] || cmp -s "$1/images.json" "$images/images/images.json"; }

use_images() { images_match "$1" || put_file "$1/images.json" "$images/images/images.json" 0644; }

# Archives that we named, and that neither images.json nor a release that is kept names.
remove_old_archives() {
  for archive in "$images"/images/*-????????????.tar; do
    [ -e "$archive" ] || continue
    grep -qsF "\"${archive##*/}\"" "$images/images/images.json" "$releases"/*/images.json || rm -f "$archive"
  done
}
