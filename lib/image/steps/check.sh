#!/bin/sh
# Asks a machine that was started from the image, without any role, whether it is what the other steps promise.
# Takes IMAGE_KIND, NODE_VERSION, and for a ring image CASSANDRA_VERSION.
set -eu

fail() {
  echo "image check: $*" >&2
  exit 1
}

version=$(/opt/picl-idp/node/bin/node --version)
[ "$version" = "v$NODE_VERSION" ] || fail "Node must be v$NODE_VERSION, got $version"

# A program without its settings says so and exits with 78: the release and its Node fit each other.
code=0
said=$(env -i /opt/picl-idp/node/bin/node /opt/picl-idp/release/webhead.js 2>&1) || code=$?
[ $code = 78 ] || fail "webhead.js without settings must exit with 78, got $code: $said"
case $said in *'is missing'*) ;; *) fail "webhead.js must name what is missing, got: $said" ;; esac

for unit in /opt/picl-idp/release/units/*.service; do
  name=$(basename "$unit")
  cmp -s "$unit" "/etc/systemd/system/$name" || fail "$name must be the release's own"
  state=$(systemctl is-enabled "$name" || true)
  case $state in static | disabled | indirect) ;; *) fail "$name must not start by itself, got $state" ;; esac
  user=$(sed -n 's/^User=//p' "$unit")
  [ -z "$user" ] || getent passwd "$user" >/dev/null || fail "$name needs the user $user"
done
for unit in ssh.service ssh.socket apt-daily.timer apt-daily-upgrade.timer unattended-upgrades.service; do
  state=$(systemctl is-enabled $unit 2>/dev/null || true)
  [ "$state" = masked ] || fail "$unit must be masked, got $state"
done
for unit in chrony.service rsyslog.service logrotate.timer; do
  state=$(systemctl is-enabled $unit || true)
  [ "$state" = enabled ] || fail "$unit must be enabled, got $state"
done
for program in mkfs.xfs xfs_growfs logrotate; do
  command -v $program >/dev/null || fail "$program must be there"
done
# It leaves out what it does not know, and succeeds.
if logrotate --debug /etc/logrotate.d/picl-idp 2>&1 | grep -q '^error'; then fail 'logrotate must know all of its settings'; fi
if command -v npm >/dev/null; then fail 'npm must be gone'; fi
if [ -e /usr/sbin/policy-rc.d ]; then fail 'policy-rc.d must be gone'; fi

case $IMAGE_KIND in
service)
  command -v caddy >/dev/null || fail 'caddy must be there'
  CADDY_SITE=box.example.org CADDY_MAILBOX=operators@example.org CADDY_UPSTREAM=127.0.0.1:9000 HOME=/tmp \
    caddy adapt --adapter caddyfile --config /opt/picl-idp/release/units/picl-idp.caddyfile >/dev/null ||
    fail 'caddy must take picl-idp.caddyfile'
  state=$(systemctl is-enabled caddy.service || true)
  [ "$state" = disabled ] || fail "caddy.service must be disabled, got $state"
  ;;
ring)
  java -version 2>&1 | grep -q '"17[.]' || fail 'java must be 17'
  [ -f "/opt/cassandra/lib/cassandra-all-$CASSANDRA_VERSION.jar" ] || fail "Cassandra must be $CASSANDRA_VERSION"
  [ -z "$(ls -A /var/lib/cassandra)" ] || fail '/var/lib/cassandra must be empty: a node has run here'
  if command -v mvn >/dev/null; then fail 'Maven must be gone'; fi
  ;;
*) fail "IMAGE_KIND must be service or ring, got $IMAGE_KIND" ;;
esac
echo "image check: $IMAGE_KIND image is as promised"
