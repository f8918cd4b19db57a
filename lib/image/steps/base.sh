#!/bin/sh
# What every machine has: clock, log agent, and nothing that changes, listens or dumps by itself.
# Runs as root in an Ubuntu 24.04 or a Debian 12 root file system, booted or not.
set -eu
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1

# cloud-init chooses the package mirror of the region while it runs; with its errors the image can be made all the same.
if command -v cloud-init >/dev/null; then cloud-init status --wait >/dev/null || true; fi

# A package may start its service when it is installed. In an image nothing starts; clean-up.sh takes this away again.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d

# Machines are replaced, never upgraded.
cat >/etc/apt/apt.conf.d/90picl-idp <<'END'
APT::Install-Recommends "false";
APT::Periodic::Enable "0";
Acquire::Languages "none";
Acquire::Retries "3";
DPkg::Lock::Timeout "300";
END
systemctl mask --quiet apt-daily.timer apt-daily.service apt-daily-upgrade.timer apt-daily-upgrade.service \
  unattended-upgrades.service motd-news.timer update-notifier-download.timer ua-timer.timer fwupd-refresh.timer
# The agent of Systems Manager is a snap on Ubuntu, and a snap renews itself unless it is held.
if command -v snap >/dev/null && snap list >/dev/null 2>&1; then snap refresh --hold >/dev/null; fi

apt-get update --quiet
apt-get install --quiet --yes \
  ca-certificates chrony e2fsprogs iproute2 logrotate openssl rsyslog rsyslog-relp udev unzip util-linux xfsprogs

# Operators come through Systems Manager; no machine listens for SSH.
systemctl mask --quiet ssh.service ssh.socket sshd.service

# The time service of EC2 stands at a link-local address, so that it is reached from subnets without any route out.
# It smears leap seconds, so no table of them is read here.
mkdir -p /etc/chrony
cat >/etc/chrony/chrony.conf <<'END'
server 169.254.169.123 prefer iburst minpoll 4 maxpoll 4
driftfile /var/lib/chrony/chrony.drift
makestep 1.0 3
rtcsync
cmdport 0
END
systemctl enable --quiet chrony.service rsyslog.service logrotate.timer

mkdir -p /etc/systemd/journald.conf.d /etc/systemd/coredump.conf.d /etc/systemd/system.conf.d
cat >/etc/systemd/journald.conf.d/picl-idp.conf <<'END'
[Journal]
SystemMaxUse=200M
RuntimeMaxUse=64M
MaxRetentionSec=7day
END

# The memory of a service holds keys, so that none of it is ever written to a disk.
printf '[Coredump]\nStorage=none\nProcessSizeMax=0\n' >/etc/systemd/coredump.conf.d/picl-idp.conf
printf '[Manager]\nDefaultLimitCORE=0\n' >/etc/systemd/system.conf.d/picl-idp.conf
cat >/etc/sysctl.d/60-picl-idp.conf <<'END'
kernel.core_pattern = |/bin/false
fs.suid_dumpable = 0
END
systemctl mask --quiet apport.service swap.target
if [ -f /etc/fstab ]; then sed -i -E '/^[^#[:space:]]+[[:space:]]+[^[:space:]]+[[:space:]]+swap[[:space:]]/d' /etc/fstab; fi

# Instance metadata is asked by token (version 2) and nothing else is tried at boot; no user has a password or a key.
mkdir -p /etc/cloud/cloud.cfg.d
cat >/etc/cloud/cloud.cfg.d/90-picl-idp.cfg <<'END'
datasource_list: [Ec2]
disable_root: true
ssh_pwauth: false
package_update: false
package_upgrade: false
END
