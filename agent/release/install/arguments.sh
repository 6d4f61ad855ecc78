# shellcheck shell=sh disable=SC2034 # install.sh and its other parts use what is set here

usage() {
  cat <<'TEXT'
Usage: sudo ./install.sh --live | --demo | --root DIR [--offline]
                         [--allow-daemon-json] [--dry-run | --check] [--json]
       sudo ./install.sh --seal --root DIR [--check] [--json]
       sudo ./install.sh --rollback [--dry-run] [--json]
       sudo ./install.sh --uninstall [--purge]

  --live       installs the agent on this machine, which systemd booted, starts
               it, waits until the stack serves, prints `agentctl status`, and
               exits with its status
  --demo       the same with the embedded demonstration stack, also where
               systemd is not PID 1
  --root DIR   installs in the image below DIR, from a release bundle: nothing
               is run or started there, no network is used, no secret is made
  --offline    uses no network; needs a release bundle
  --allow-daemon-json
               where Docker 29 keeps its rules with nftables, adds the one
               setting that lets media through to its configuration,
               /etc/docker/daemon.json, keeps a backup, and starts Docker anew
  --dry-run    says what each step would do, and changes nothing
  --check      the same, and exits 1 if something would be changed
  --json       one JSON object a step, a line each, and one for the result
  --seal       makes the image below DIR fit to be cloned: removes what each
               machine must make for itself, then looks for secrets and
               identities that are left, and fails if there is one; with
               --check it only looks
  --rollback   goes back to the release before the current one; done twice, it
               is undone
  --uninstall  removes what was installed; keeps the configuration and the
               recorded state
  --purge      with --uninstall: removes the configuration and the recorded
               state too
  --help       prints this text

Exit status: 0 ok, 1 degraded, 2 critical, 3 unknown, 64 wrong usage, 69 a step
failed (it says which and what to do next), 77 not root.
TEXT
}

# read_arguments ARGUMENT…: sets mode, root and the options, or ends the run.
read_arguments() {
  given=$*
  mode='' root='' offline=no dry_run=no check=no json=no purge=no allow_daemon_json=no
  while [ $# -gt 0 ]; do
    case $1 in
      --live | --demo | --seal | --rollback | --uninstall) choose "${1#--}" ;;
      --root)
        [ $# -gt 1 ] || misused '--root needs the folder of an image'
        shift
        root=$(CDPATH='' cd -- "$1" 2>/dev/null && pwd -P) || misused "there is no folder $1"
        [ "$root" != / ] || misused '--root / is this machine: use --live'
        ;;
      --offline) offline=yes ;;
      --dry-run) dry_run=yes ;;
      --check) check=yes dry_run=yes ;;
      --json) json=yes ;;
      --allow-daemon-json) allow_daemon_json=yes ;;
      --purge) purge=yes ;;
      --help | -h) usage && exit 0 ;;
      *) misused "unknown argument: $1" ;;
    esac
    shift
  done
  [ -z "$root" ] || [ "$mode" = seal ] || choose root
  case $mode in
    '')
      [ -z "$given" ] || misused 'say what to do: --live, --demo, --root DIR, --seal, --rollback or --uninstall'
      usage >&2
      exit 64
      ;;
    seal) [ -n "$root" ] || misused '--seal needs the folder of an image: --root DIR' ;;
    uninstall) [ "$offline$dry_run$json$allow_daemon_json" = nononono ] || misused '--uninstall goes with --purge only' ;;
    *) [ "$purge" = no ] || misused '--purge goes with --uninstall' ;;
  esac
}

choose() {
  [ -z "$mode" ] || [ "$mode" = "$1" ] || misused "choose one of --$mode and --$1"
  mode=$1
}

misused() {
  printf 'install.sh: %s\nNext: ./install.sh --help\n' "$1" >&2
  exit 64
}
