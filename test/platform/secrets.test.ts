/** Secrets: from AWS Secrets Manager through its SDK, and their files, which are whole or not there. */

import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writeSecretFile } from '../../app/platform/secret-file.ts';
import { readPairSecrets, readSecret } from '../../app/platform/secrets.ts';

const KEY = 'ab'.repeat(32);

describe('a secret of Secrets Manager', () => {
  const environment = { ...process.env };
  let endpoint: Server;
  let asked: { headers: IncomingHttpHeaders; body: unknown }[] = [];
  let answer: { status: number; body: object };
  beforeEach(async () => {
    asked = [];
    endpoint = createServer((request, response) => {
      let body = '';
      request.on('data', (text) => {
        body += text;
      });
      request.on('end', () => {
        asked.push({ headers: request.headers, body: JSON.parse(body) });
        response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(JSON.stringify(answer.body));
      });
    });
    await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}`,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'secret',
    });
  });
  afterEach(async () => {
    process.env = { ...environment };
    endpoint.closeAllConnections();
    await new Promise((resolve) => endpoint.close(resolve));
  });

  test('is asked for by its name', async () => {
    answer = { status: 200, body: { Name: 'prod/webhead', SecretString: 'hush' } };
    expect(await readSecret('secretsmanager:prod/webhead')).toBe('hush');
    expect(asked).toHaveLength(1);
    expect(asked[0]?.body).toEqual({ SecretId: 'prod/webhead' });
    expect(asked[0]?.headers['x-amz-target']).toBe('secretsmanager.GetSecretValue');
  });

  test('that is not there, may not be read or holds no text is told by its name', async () => {
    answer = { status: 400, body: { __type: 'ResourceNotFoundException' } };
    await expect(readSecret('secretsmanager:gone')).rejects.toMatchObject({
      name: 'SecretUnavailable',
      message: 'secret secretsmanager:gone cannot be read',
      cause: { name: 'ResourceNotFoundException' },
    });
    answer = { status: 200, body: { Name: 'binary', SecretBinary: 'AAAA' } };
    await expect(readSecret('secretsmanager:binary')).rejects.toThrow('secret secretsmanager:binary holds no text');
  });

  test('shared by two clusters has two ids, or the one before would stand in for the new one', async () => {
    const pair = (previous: string) => ({
      current: { id: 'webhead-2', key: KEY },
      previous: { id: previous, key: KEY },
    });
    answer = { status: 200, body: { SecretString: JSON.stringify(pair('webhead-1')) } };
    expect(await readPairSecrets('secretsmanager:pair')).toEqual(pair('webhead-1'));
    answer = { status: 200, body: { SecretString: JSON.stringify(pair('webhead-2')) } };
    await expect(readPairSecrets('secretsmanager:pair')).rejects.toThrow('previous.id (custom)');
  });
});

describe("a secret's file", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'picl-idp-secret-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  test('can be read by its owner alone', async () => {
    const path = join(folder, 'secret');
    await writeSecretFile(path, 'hush', { replace: false });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readSecret(`file:${path}`)).toBe('hush');
  });

  test('that is there stays as it is, unless it is to be replaced; nothing is left beside it', async () => {
    const path = join(folder, 'secret');
    await writeSecretFile(path, 'first', { replace: false });
    await expect(writeSecretFile(path, 'second', { replace: false })).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(path, 'utf8')).toBe('first');
    await writeSecretFile(path, 'third', { replace: true });
    expect(await readFile(path, 'utf8')).toBe('third');
    expect(await readdir(folder)).toEqual(['secret']);
  });

  test('is written by one of many writers at once', async () => {
    const path = join(folder, 'secret');
    const all = await Promise.allSettled(
      Array.from({ length: 10 }, (_, writer) => writeSecretFile(path, `writer ${writer}`, { replace: false })),
    );
    const winner = all.findIndex(({ status }) => status === 'fulfilled');
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await readFile(path, 'utf8')).toBe(`writer ${winner}`);
  });
});
