/** The box's settings: one schema behind the command line and the variables, and what each role is given for them. */

import { expect, test } from '@jest/globals';
import { readBoxConfig } from '../../app/box/config.ts';
import { OptionsRefused, readBox } from '../../app/box/options.ts';
import { planBox } from '../../app/box/roles.ts';
import { readDbwriterConfig } from '../../app/dbwriter/config.ts';
import { readKeysignerConfig } from '../../app/keysigner/config.ts';
import { readMailSinkConfig } from '../../app/mail/sink/config.ts';
import { ConfigError } from '../../app/platform/config.ts';
import { readWebheadConfig } from '../../app/webhead/config.ts';

const QUEUE = 'https://sqs.us-east-1.amazonaws.com/111111111111/bounces';
const MACHINE = {
  BOX_PORT: '9000',
  BOX_MAIL_PORT: '9001',
  BOX_DATA_FOLDER: '/var/lib/picl-idp',
  BOX_PUBLIC_URL: 'https://accounts.example.org',
  BOX_PRODUCTION: 'true',
  BOX_SES_REGION: 'us-east-1',
  BOX_BOUNCE_QUEUE_URL: QUEUE,
  BOX_MAIL_SENDER: 'accounts@example.org',
};
const PRODUCTION = ['--production', '--public-url', 'https://accounts.example.org', '--sender', 'accounts@example.org'];

const PLACES = {
  ports: { webhead: 1, mailHttp: 2, mailSmtp: 3, dbwriter: 4, keysigner: 5 },
  data: {
    sqliteFile: '/d/accounts.sqlite',
    secrets: {
      webheadToDbwriter: 'file:/d/1',
      webheadToKeysigner: 'file:/d/2',
      sealingKeyring: 'file:/d/3',
      keySet: 'file:/d/4',
    },
    release: () => undefined,
  },
  release: '/release',
};

/** The settings of each role of a box, as that role reads them. */
function rolesOf(parameters: readonly string[]) {
  const { roles } = planBox(readBox({ parameters, environment: {} }), PLACES);
  const settingsOf = (role: string) => roles.find(({ name }) => name === role)?.settings ?? {};
  return {
    sink: readMailSinkConfig(settingsOf('mail-sink')),
    keysigner: readKeysignerConfig(settingsOf('keysigner')),
    dbwriter: readDbwriterConfig(settingsOf('dbwriter')),
    webhead: readWebheadConfig(settingsOf('webhead')),
  };
}

function faultsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    if (error instanceof OptionsRefused) return error.message.split('\n');
    throw error;
  }
  return [];
}
const refusedOptions = (...parameters: string[]) => faultsOf(() => readBox({ parameters, environment: {} }));
const refusedVariables = (changes: Readonly<Record<string, string | undefined>>) =>
  faultsOf(() => readBoxConfig({ ...MACHINE, ...changes }));

test('variables and options that say the same are the same box', () => {
  const byVariables = readBox({ parameters: [], environment: { ...MACHINE, PATH: '/bin' } });
  const parameters = [...PRODUCTION, '--data', '/var/lib/picl-idp', '--ses', 'us-east-1', '--bounce-queue', QUEUE];
  expect(readBox({ parameters, environment: {} })).toEqual(byVariables);
  expect(byVariables).toMatchObject({ BOX_PORT: 9000, BOX_PRODUCTION: true, BOX_SES_REGION: 'us-east-1' });
});

test('a command line is not mixed with variables', () => {
  const config = readBox({ parameters: ['--port', '0'], environment: MACHINE });
  expect(config).toMatchObject({ BOX_PORT: 0, BOX_PRODUCTION: false });
  expect(config.BOX_SES_REGION).toBeUndefined();
});

test('without either, it is the box of a laptop: development, and mail into the sink', () => {
  const { sink, keysigner, dbwriter, webhead } = rolesOf([]);
  expect(sink).toMatchObject({ MAIL_SINK_SMTP_PORT: 3 });
  expect(keysigner).toMatchObject({ KEYSIGNER_DOMAIN: '127.0.0.1:1' });
  expect(dbwriter).toMatchObject({
    DBWRITER_ENVIRONMENT: 'development',
    DBWRITER_MAIL_TRANSPORT: 'smtp',
    DBWRITER_SMTP_HOST: '127.0.0.1',
    DBWRITER_SMTP_PORT: 3,
    DBWRITER_SMTP_TLS: false,
  });
  expect(webhead).toMatchObject({ WEBHEAD_ENVIRONMENT: 'development', WEBHEAD_CLIENT_ADDRESS_DEPTH: 0 });
});

test('behind a proxy in production it sends by SES, reads its bounces, and trusts one address of the proxy', () => {
  const { dbwriter, webhead } = rolesOf([...PRODUCTION, '--ses', 'eu-west-1', '--bounce-queue', QUEUE]);
  expect(dbwriter).toMatchObject({
    DBWRITER_ENVIRONMENT: 'production',
    DBWRITER_MAIL_TRANSPORT: 'ses',
    DBWRITER_SES_REGION: 'eu-west-1',
    DBWRITER_BOUNCE_QUEUE_URL: QUEUE,
  });
  expect(dbwriter.DBWRITER_SMTP_HOST).toBeUndefined();
  expect(webhead).toMatchObject({ WEBHEAD_LISTEN_HOST: '127.0.0.1', WEBHEAD_CLIENT_ADDRESS_DEPTH: 1 });
});

test("in production with a server of the operator's it sends by SMTP over TLS", () => {
  const { dbwriter } = rolesOf([...PRODUCTION, '--smtp', 'mail.example.org:587']);
  expect(dbwriter).toMatchObject({
    DBWRITER_MAIL_TRANSPORT: 'smtp',
    DBWRITER_SMTP_HOST: 'mail.example.org',
    DBWRITER_SMTP_PORT: 587,
    DBWRITER_SMTP_TLS: true,
  });
});

test('production sends mail by exactly one way, and a fault names both', () => {
  expect(refusedOptions(...PRODUCTION)).toEqual([
    '--smtp: is missing, and so is --ses; production sends real mail by one of the two',
  ]);
  expect(refusedOptions(...PRODUCTION, '--smtp', 'mail.example.org:587', '--ses', 'us-east-1')).toEqual([
    '--smtp: got "mail.example.org:587", allowed: none beside --ses: mail goes one way',
  ]);
  expect(refusedVariables({ BOX_SES_REGION: undefined, BOX_BOUNCE_QUEUE_URL: undefined })).toEqual([
    'BOX_SMTP: is missing, and so is BOX_SES_REGION; production sends real mail by one of the two',
  ]);
});

test.each([
  ['BOX_PUBLIC_URL', 'http://accounts.example.org', 'an https URL in production'],
  [
    'BOX_PUBLIC_URL',
    'https://accounts.example.org/',
    'an http or https URL without query and without a slash at its end',
  ],
  ['BOX_DATA_FOLDER', 'data', 'an absolute path'],
  ['BOX_PRODUCTION', 'yes', 'true or false'],
  ['BOX_MAIL_SENDER', 'no-reply@localhost.localdomain', 'an address of yours in production'],
  ['BOX_MAIL_SENDER', 'Accounts <accounts@example.org>', 'an e-mail address'],
  ['BOX_SES_REGION', 'US East', 'a region, for example us-east-1'],
  ['BOX_PROCESSES', '257', 'a whole number from 1 to 256'],
])('%s=%s is refused', (name, value, allowed) => {
  expect(refusedVariables({ [name]: value })).toEqual([`${name}: got "${value}", allowed: ${allowed}`]);
});

test.each(['mail.example.org:0', 'mail.example.org:65536'])('a mail server at %s is refused', (server) => {
  expect(refusedOptions('--smtp', server)).toEqual([
    `--smtp: got "${server}", allowed: HOST:PORT, a port from 1 to 65535`,
  ]);
});

test('a queue of bounces without SES is refused: nothing would read it', () => {
  expect(refusedOptions('--bounce-queue', QUEUE)).toEqual([
    `--bounce-queue: got "${QUEUE}", allowed: none without --ses`,
  ]);
});

test('variables that leave a setting out are refused, however harmless on a laptop', () => {
  expect(refusedVariables({ BOX_PRODUCTION: undefined, BOX_PORT: undefined })).toEqual([
    'BOX_PORT: is missing, allowed: a whole number from 0 to 65535',
    'BOX_PRODUCTION: is missing, allowed: true or false',
  ]);
});
