#!/bin/sh
# What the ring image has beside the release: Java 17, Cassandra's jars at /opt/cassandra/lib, and a kernel that suits them.
# Cassandra never starts here: a node that did would give its host id and tokens to every machine of this image.
# Takes CASSANDRA_VERSION, and CASSANDRA_JARS_SHA256 over the list that `sha256sum` gives of the jars, sorted by name.
set -eu
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1

# The package of the Java runtime writes below this folder, which a small root file system lacks.
mkdir -p /usr/share/man/man1
apt-get update --quiet
apt-get install --quiet --yes openjdk-17-jre-headless procps

digest_of_jars() {
  (cd /opt/cassandra/lib && sha256sum -- *.jar | LC_ALL=C sort -k 2 | sha256sum | cut -d ' ' -f 1)
}

if [ ! -d /opt/cassandra/lib ] || [ "$(digest_of_jars)" != "$CASSANDRA_JARS_SHA256" ]; then
  folder=$(mktemp -d)
  dpkg-query --show --showformat='${Package}\n' | LC_ALL=C sort >"$folder/packages"
  apt-get install --quiet --yes maven
  cat >"$folder/pom.xml" <<END
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>picl-idp</groupId>
  <artifactId>ring</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.cassandra</groupId>
      <artifactId>cassandra-all</artifactId>
      <version>$CASSANDRA_VERSION</version>
    </dependency>
  </dependencies>
</project>
END
  rm -rf /opt/cassandra/lib
  install -d -m 0755 /opt/cassandra/lib
  mvn --quiet --batch-mode --strict-checksums --file "$folder/pom.xml" "-Dmaven.repo.local=$folder/repository" \
    org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
    -DoutputDirectory=/opt/cassandra/lib -DincludeScope=runtime
  chmod -R u=rwX,go=rX /opt/cassandra
  # Maven was here for this alone: whatever came with it goes with it.
  dpkg-query --show --showformat='${Package}\n' | LC_ALL=C sort | LC_ALL=C comm -13 "$folder/packages" - |
    xargs --no-run-if-empty apt-get purge --quiet --yes
  rm -rf "$folder"
fi
if [ "$(digest_of_jars)" != "$CASSANDRA_JARS_SHA256" ]; then
  echo "the jars of Cassandra $CASSANDRA_VERSION must have the digest $CASSANDRA_JARS_SHA256, got $(digest_of_jars)" >&2
  exit 1
fi

getent group cassandra >/dev/null || groupadd --system cassandra
getent passwd cassandra >/dev/null ||
  useradd --system --gid cassandra --no-create-home --home-dir /var/lib/cassandra --shell /usr/sbin/nologin cassandra
install -d -o root -g cassandra -m 0750 /etc/cassandra
# The node's own volume is mounted here, and brings its owner and mode along.
install -d -o cassandra -g cassandra -m 0750 /var/lib/cassandra

# Streams and quiet connections live longer than a stateful firewall remembers them: ask after 60 s, every 60 s, 5 times.
cat >/etc/sysctl.d/60-picl-idp-cassandra.conf <<'END'
vm.max_map_count = 1048575
vm.swappiness = 1
net.ipv4.tcp_keepalive_time = 60
net.ipv4.tcp_keepalive_intvl = 60
net.ipv4.tcp_keepalive_probes = 5
END
cat >/etc/security/limits.d/cassandra.conf <<'END'
cassandra - memlock unlimited
cassandra - nofile 1048576
cassandra - nproc 32768
cassandra - as unlimited
END
# Cassandra reads small rows at random: 4 KiB ahead is enough. The machine's own disk, the first one, keeps its setting.
mkdir -p /etc/udev/rules.d
cat >/etc/udev/rules.d/60-picl-idp-read-ahead.rules <<'END'
ACTION=="add|change", SUBSYSTEM=="block", ENV{DEVTYPE}=="disk", KERNEL=="nvme[1-9]*n1", ATTR{queue/read_ahead_kb}="4"
END
