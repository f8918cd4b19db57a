#!/bin/sh
# What the service image has beside the release: the server that gets certificates by ACME for the machine of dev.
# It is there and does not run; the role of that machine starts it.
set -eu
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1

apt-get update --quiet
apt-get install --quiet --yes caddy
systemctl disable --quiet caddy.service caddy-api.service
