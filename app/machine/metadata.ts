/** Who this machine is, as the instance metadata service tells it. */

import { AttachError } from './attach-error.ts';

/** Where the service answers on every instance; the AWS SDK's own variable leads elsewhere. */
const METADATA_URL = 'http://169.254.169.254';
const METADATA_MS_MAX = 5000;
const TOKEN_SECONDS = '60';

export interface MachinePlace {
  readonly instanceId: string;
  /** By its name, for example us-east-1a: volumes are told apart by it. */
  readonly zone: string;
}

/**
 * Asks by version 2 of the service alone: version 1 is switched off on our machines.
 * @throws AttachError METADATA_UNAVAILABLE.
 */
export async function readMachinePlace(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<MachinePlace> {
  const url = environment['AWS_EC2_METADATA_SERVICE_ENDPOINT'] ?? METADATA_URL;
  const lifetime = { 'x-aws-ec2-metadata-token-ttl-seconds': TOKEN_SECONDS };
  const token = await ask(url, '/latest/api/token', { method: 'PUT', headers: lifetime });
  const read = (name: string) =>
    ask(url, `/latest/meta-data/${name}`, { headers: { 'x-aws-ec2-metadata-token': token } });
  const [instanceId, zone] = await Promise.all([read('instance-id'), read('placement/availability-zone')]);
  if (!/^i-[0-9a-f]{8,32}$/.test(instanceId)) throw unavailable(`it calls this instance "${instanceId.slice(0, 64)}"`);
  if (!/^[a-z0-9-]{1,64}$/.test(zone)) throw unavailable(`it calls this zone "${zone.slice(0, 64)}"`);
  return { instanceId, zone };
}

async function ask(url: string, path: string, init: RequestInit): Promise<string> {
  const signal = AbortSignal.timeout(METADATA_MS_MAX);
  const response = await fetch(`${url}${path}`, { ...init, signal, redirect: 'error' }).catch((cause: unknown) => {
    throw unavailable(`it did not answer ${path}`, { cause });
  });
  const text = await response.text();
  if (!response.ok) throw unavailable(`it answered ${path} with ${response.status}`);
  return text;
}

function unavailable(why: string, options?: ErrorOptions): AttachError {
  return new AttachError('METADATA_UNAVAILABLE', `the instance metadata service is of no use: ${why}`, options);
}
