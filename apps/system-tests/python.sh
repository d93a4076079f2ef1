# Sourced by programs that bring something from PyPI. Debian keeps venv in a package of its own.
# provide_python <who needs it>
provide_python() {
  python3 -c 'import ensurepip, venv' 2>/dev/null && return
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq python3 python3-venv >/dev/null && return
  fi
  echo "$1 needs Python 3.10 or later with venv and pip: on Debian, apt-get install python3-venv" >&2
  exit 1
}
