# shellcheck shell=sh
# A release bundle: what `npm run release` makes. Everything that is installed is in it, with its SHA-256.

# from_bundle: this install.sh stands in an unpacked bundle, not in a clone.
from_bundle() { [ -e "$clone/release/VERSION" ]; }

# is_installed_release: it stands in a release that was installed: there is nothing here to install from.
is_installed_release() { [ -e "$clone/VERSION" ]; }

# verify_bundle: before anything is touched. Names each file that is not as it was packed.
verify_bundle() {
  (cd "$clone" && find . -type f ! -path ./SHA256SUMS | sed 's|^\./||' | sort) >"$scratch/there"
  sed 's/^[0-9a-f]*  //' "$clone/SHA256SUMS" | sort >"$scratch/listed"
  damage=$(
    cd "$clone"
    sha256sum --check --strict --quiet SHA256SUMS 2>/dev/null || :
    comm -23 "$scratch/there" "$scratch/listed" | sed 's/$/: not in SHA256SUMS/'
  )
  [ -z "$damage" ] || refuse 69 "this release bundle is damaged; nothing was changed
$damage" 'unpack the bundle again; if that does not help, copy it again and compare its SHA-256'
  bundle_architecture=$(cat "$clone/release/ARCHITECTURE")
}

# release_whole FOLDER: every file of an installed release is as it was built.
release_whole() { (cd "$1" && sha256sum --check --strict --status SHA256SUMS) 2>/dev/null; }
