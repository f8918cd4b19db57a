#!/usr/bin/env bash
# Installs what the tests need beside npm's packages, on Debian and its kin. Run as root.
set -euo pipefail

packages=(
  caddy # HTTPS of the machine of dev
  chromium # the pages are tested in a real browser
  iproute2 # a network of its own for a test that listens at the ports of HTTP
  logrotate # what services log has an end
  xfsprogs # a machine's volume gets a real file system
  openssl # machines make their own certificates
  systemd # the units of a release are verified by systemd-analyze
)

# Moto, the model of AWS's APIs, runs in a virtual environment of Python. Any python3 will do that can make one, whether
# it is Debian's or one that pyenv or the like has put before it.
python3 -c 'import sys, ensurepip, fcntl, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
  packages+=(python3-venv)

missing=()
for package in "${packages[@]}"; do
  dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if [ "${#missing[@]}" -eq 0 ]; then
  echo "everything is installed: ${packages[*]}"
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet
apt-get install --quiet --yes --no-install-recommends "${missing[@]}"
