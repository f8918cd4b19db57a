#!/bin/sh
# Takes away what was of the machine that the image was made on: identity, keys, logs, lists of packages.
set -eu

rm -f /usr/sbin/policy-rc.d
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin

# Empty, not absent: then systemd makes a new one at the next boot, and keeps it.
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id /var/lib/systemd/random-seed /var/lib/chrony/chrony.drift
if command -v cloud-init >/dev/null; then cloud-init clean --logs; fi
rm -f /etc/ssh/ssh_host_* /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys /root/.bash_history /home/*/.bash_history

rm -rf /var/log/journal/* /tmp/picl-idp-* /root/.npm /root/.m2 /root/.cache
find /var/log -type f \( -name '*.gz' -o -name '*.[0-9]' \) -delete
find /var/log -type f -exec truncate --size 0 {} +
