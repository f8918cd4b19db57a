#!/bin/sh
# One release: its programs at /opt/picl-idp/release, its units where systemd finds them, and the users that they name.
# Finds the release at /tmp/picl-idp-release.zip, or unpacked at /tmp/picl-idp-release. Enables nothing: user data chooses.
set -eu

packed=/tmp/picl-idp-release.zip
unpacked=/tmp/picl-idp-release
if [ -f $packed ]; then
  rm -rf $unpacked
  unzip -q $packed -d $unpacked
fi
if [ ! -f $unpacked/release.json ]; then
  echo "a release must be at $packed or $unpacked, and there is none" >&2
  exit 1
fi
chmod -R u=rwX,go=rX $unpacked
chown -R root:root $unpacked
rm -rf /opt/picl-idp/release
install -d -m 0755 /opt/picl-idp
mv $unpacked /opt/picl-idp/release
rm -f $packed

# Users and folders are declared beside the units that need them.
units=/opt/picl-idp/release/units
install -m 0644 $units/*.service /etc/systemd/system/
install -D -m 0644 $units/picl-idp.sysusers.conf /usr/lib/sysusers.d/picl-idp.conf
install -D -m 0644 $units/picl-idp.tmpfiles.conf /usr/lib/tmpfiles.d/picl-idp.conf
install -D -m 0644 $units/picl-idp.logrotate /etc/logrotate.d/picl-idp
install -D -m 0644 $units/picl-idp.logrotate-timer.conf /etc/systemd/system/logrotate.timer.d/picl-idp.conf
systemd-sysusers /usr/lib/sysusers.d/picl-idp.conf
systemd-tmpfiles --create /usr/lib/tmpfiles.d/picl-idp.conf
