# shellcheck shell=sh
# Files and links that a reader, or the next boot after a power cut, sees as they were or as they are to be.

# put_file SOURCE TARGET MODE
put_file() {
  mkdir -p "$(dirname "$2")"
  cp "$1" "$2.new"
  chmod "$3" "$2.new"
  sync "$2.new"
  mv "$2.new" "$2"
  sync "$(dirname "$2")"
}

# replace_link TARGET LINK: atomically, so that there is no moment without the program.
replace_link() {
  ln -sfn "$1" "$2.new"
  mv -T "$2.new" "$2"
  sync "$(dirname "$2")"
}
