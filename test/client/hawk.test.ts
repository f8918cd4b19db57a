/** The client's signatures before an independent Hawk server. */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createAccountsClient } from '../../app/client/client.ts';
import { deriveTokenKeys } from '../../app/client/onepw.ts';

interface HapiHawk {
  readonly server: {
    authenticate(
      request: object,
      credentialsOf: (id: string) => object | null,
      options: { payload?: string; host: string; port: number },
    ): Promise<unknown>;
  };
}
const hapiHawk = createRequire(join(process.cwd(), 'package.json'))('@hapi/hawk') as HapiHawk;

const TOKEN = 'a0'.repeat(32);
const { id, hawkKey } = deriveTokenKeys('sessionToken', TOKEN);

/** What the client sends for a device, to a service below a path. */
const sent = async (name: string) => {
  const requests: { url: string; headers: Record<string, string>; payload: string }[] = [];
  const client = createAccountsClient({
    url: 'https://accounts.example.org/below/',
    fetch: async (input, init) => {
      const headers = init?.headers as Record<string, string>;
      requests.push({ url: String(input), headers, payload: String(init?.body) });
      return Response.json({ id: 'x' });
    },
  });
  await client.putDevice(TOKEN, { name, type: 'desktop' });
  const [request] = requests;
  if (request === undefined) throw new Error('nothing was sent');
  return request;
};

const check = ({ url, headers, payload }: Awaited<ReturnType<typeof sent>>) =>
  hapiHawk.server.authenticate(
    {
      method: 'POST',
      url: new URL(url).pathname,
      host: 'accounts.example.org',
      port: 443,
      authorization: headers['authorization'],
      contentType: headers['content-type'],
    },
    (asked) => (asked === id ? { id, key: Buffer.from(hawkKey), algorithm: 'sha256' } : null),
    { payload, host: 'accounts.example.org', port: 443 },
  );

describe('a signed request', () => {
  test('with a payload beyond ASCII is accepted, below the path of the public URL', async () => {
    const request = await sent('Läptop 💻');
    expect(request.url).toBe('https://accounts.example.org/below/v1/account/device');
    await expect(check(request)).resolves.toMatchObject({ credentials: { id } });
  });

  test('with another payload is refused', async () => {
    const request = await sent('Laptop');
    const changed = { ...request, payload: request.payload.replace('Laptop', 'laptop') };
    await expect(check(changed)).rejects.toThrow('Bad payload hash');
  });

  test('for another path is refused', async () => {
    const request = await sent('Laptop');
    await expect(check({ ...request, url: `${request.url}/destroy` })).rejects.toThrow('Bad mac');
  });
});
