#!/bin/sh
# Node itself, from the package that the project's lockfile names by version and digest, at /opt/picl-idp/node.
# Takes NODE_VERSION, NODE_INTEGRITY_ARM64 and NODE_INTEGRITY_X64.
set -eu
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1

case "$(dpkg --print-architecture)" in
arm64) architecture=arm64 integrity=$NODE_INTEGRITY_ARM64 ;;
amd64) architecture=x64 integrity=$NODE_INTEGRITY_X64 ;;
*)
  echo "architecture must be arm64 or amd64, got $(dpkg --print-architecture)" >&2
  exit 1
  ;;
esac
package=node-linux-$architecture
node=/opt/picl-idp/node/bin/node
if [ -x $node ] && [ "$($node --version)" = "v$NODE_VERSION" ]; then exit 0; fi

folder=$(mktemp -d)
dpkg-query --show --showformat='${Package}\n' | LC_ALL=C sort >"$folder/packages"
apt-get update --quiet
apt-get install --quiet --yes npm

cat >"$folder/package.json" <<END
{ "name": "image", "version": "1.0.0", "private": true, "dependencies": { "$package": "$NODE_VERSION" } }
END
cat >"$folder/package-lock.json" <<END
{
  "name": "image",
  "version": "1.0.0",
  "lockfileVersion": 3,
  "requires": true,
  "packages": {
    "": { "name": "image", "version": "1.0.0", "dependencies": { "$package": "$NODE_VERSION" } },
    "node_modules/$package": {
      "version": "$NODE_VERSION",
      "integrity": "$integrity",
      "os": ["linux"],
      "cpu": ["$architecture"],
      "bin": { "node": "bin/node" }
    }
  }
}
END
(cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --cache "$folder/cache")
rm -rf /opt/picl-idp/node
install -D -m 0755 "$folder/node_modules/$package/bin/node" $node
install -D -m 0644 "$folder/node_modules/$package/LICENSE" /opt/picl-idp/node/LICENSE

# npm was here for this alone: whatever came with it goes with it.
dpkg-query --show --showformat='${Package}\n' | LC_ALL=C sort | LC_ALL=C comm -13 "$folder/packages" - |
  xargs --no-run-if-empty apt-get purge --quiet --yes
rm -rf "$folder"
$node --version
