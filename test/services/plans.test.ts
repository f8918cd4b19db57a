/** What each role of machines is told and may do: judged by the role's own schema before a template is written. */

import { describe, expect, test } from '@jest/globals';
import { encodedUserData, textSettings, userData } from '../../lib/machine/user-data.ts';
import { dbwriterPlan } from '../../lib/services/dbwriter.ts';
import { keysignerPlan } from '../../lib/services/keysigner.ts';
import { webheadPlan } from '../../lib/services/webhead.ts';
import { twoRegionsOf } from '../../regions/derived.ts';
import type { Environment } from '../../regions/schema.ts';
import { DEV, LOADTEST, PROD, regionOf } from '../support/construct-stack.ts';

const EAST = regionOf(PROD, 0);
const WEST = regionOf(PROD, 1);
const PLANS = { webhead: webheadPlan, keysigner: keysignerPlan, dbwriter: dbwriterPlan };

describe('a setting that its role would refuse fails before a template is written', () => {
  test('a webhead names each wrong one', () => {
    const wrong: Environment = { ...PROD, accountsName: 'accounts idp' };
    expect(() => webheadPlan(wrong, EAST)).toThrow(
      /WEBHEAD_PUBLIC_URL: got "https:\/\/accounts idp".*WEBHEAD_CONTENT_URL/s,
    );
  });

  test('a keysigner', () =>
    expect(() => keysignerPlan({ ...PROD, accountsName: '' }, EAST)).toThrow(
      /KEYSIGNER_DOMAIN: is missing, allowed: /,
    ));

  test('a dbwriter, whose region is none', () =>
    expect(() => dbwriterPlan(PROD, { ...EAST, name: 'the east' })).toThrow(
      /DBWRITER_REGION: got "the east", allowed: /,
    ));

  test('a webhead without a ring node to ask', () =>
    expect(() => webheadPlan(PROD, { ...EAST, ringNodes: [] })).toThrow(
      /WEBHEAD_CASSANDRA_CONTACT_POINTS: is needed by the store cassandra/,
    ));

  test('an environment of one machine has no such roles', () => {
    expect(() => webheadPlan(DEV, regionOf(DEV, 0))).toThrow(new RangeError('dev is one machine'));
    expect(() => twoRegionsOf(DEV)).toThrow(new RangeError('dev is one machine'));
  });
});

describe('what machines are told', () => {
  test('the ring nodes of their own region, by their addresses, and never a balancer', () => {
    const { settings } = webheadPlan(PROD, WEST);
    expect(settings).toMatchObject({
      WEBHEAD_STORE: 'cassandra',
      WEBHEAD_CASSANDRA_CONTACT_POINTS: '10.21.40.20,10.21.41.20,10.21.42.20',
      WEBHEAD_CASSANDRA_DATA_CENTRE: 'us-west-2',
    });
  });

  test('one public URL in every region, since clients sign it', () =>
    expect([EAST, WEST].map((region) => webheadPlan(PROD, region).settings['WEBHEAD_PUBLIC_URL'])).toEqual([
      'https://accounts.idp.example.org',
      'https://accounts.idp.example.org',
    ]));

  test('secrets by name, never their values', () => {
    const values = Object.values(PLANS).flatMap((plan) => Object.entries(plan(PROD, EAST).settings));
    const secrets = values.filter(([setting]) => setting.endsWith('_SECRET'));
    expect(secrets).toHaveLength(8);
    expect(secrets.filter(([, value]) => !value.startsWith('secretsmanager:picl-idp/prod/'))).toEqual([]);
  });

  test('mail goes by SES in prod and into the sink of the primary region in loadtest', () => {
    expect(dbwriterPlan(PROD, WEST).settings).toMatchObject({
      DBWRITER_MAIL_TRANSPORT: 'ses',
      DBWRITER_SES_REGION: 'us-west-2',
      DBWRITER_BOUNCE_QUEUE_URL: 'https://sqs.us-west-2.amazonaws.com/333333333333/prod-mail-bounces',
    });
    const { settings } = dbwriterPlan(LOADTEST, regionOf(LOADTEST, 1));
    expect(settings).toMatchObject({ DBWRITER_MAIL_TRANSPORT: 'smtp', DBWRITER_SMTP_HOST: '10.40.80.10' });
    expect(settings).not.toHaveProperty('DBWRITER_SES_REGION');
  });

  test('as many processes as their machines have processors', () =>
    expect(webheadPlan(PROD, EAST).settings['WEBHEAD_PROCESSES']).toBe('2'));
});

describe('what machines may do', () => {
  const actionsOf = (plan: keyof typeof PLANS, environment = PROD) =>
    [
      ...new Set(
        PLANS[plan](environment, regionOf(environment, 0)).statements.flatMap(({ Action }) => [Action].flat()),
      ),
    ].sort();
  const secretsOf = (plan: keyof typeof PLANS) =>
    PLANS[plan](PROD, EAST)
      .statements.filter(({ Action }) => [Action].flat().includes('secretsmanager:GetSecretValue'))
      .flatMap(({ Resource }) => [Resource].flat())
      .map((arn) => arn.replace(/^.*:secret:picl-idp\/prod\/(.*)-\?{6}$/, '$1'));

  test('only dbwriters read the keyring and the login that writes, and send mail', () => {
    expect(secretsOf('dbwriter')).toEqual(['sealing-keyring', 'webhead-dbwriter', 'ring-role/dbwriter']);
    expect(actionsOf('dbwriter')).toEqual([
      'secretsmanager:GetSecretValue',
      'ses:SendEmail',
      'ses:SendRawEmail',
      'sqs:DeleteMessage',
      'sqs:ReceiveMessage',
    ]);
  });

  test('only keysigners read the key', () =>
    expect(secretsOf('keysigner')).toEqual(['idp-key-set', 'webhead-keysigner']));

  test('webheads read what they sign their calls with and the login that only reads', () => {
    expect(secretsOf('webhead')).toEqual(['webhead-dbwriter', 'webhead-keysigner', 'ring-role/webhead']);
    expect(actionsOf('webhead')).toEqual(['secretsmanager:GetSecretValue']);
  });

  test('mail is sent in the name of one sender', () => {
    const [, send] = dbwriterPlan(PROD, EAST).statements;
    expect(send?.Condition).toEqual({ StringEquals: { 'ses:FromAddress': 'accounts@idp.example.org' } });
  });

  test('nobody sends mail where it ends in a sink', () =>
    expect(actionsOf('dbwriter', LOADTEST)).toEqual(['secretsmanager:GetSecretValue']));

  test('nobody opens a session on a keysigner', () =>
    expect(
      Object.values(PLANS)
        .map((plan) => plan(PROD, EAST))
        .map(({ role, sessions }) => [role, sessions]),
    ).toEqual([
      ['webhead', true],
      ['keysigner', false],
      ['dbwriter', true],
    ]));
});

describe('user data', () => {
  const script = (settings: Readonly<Record<string, string>>) =>
    userData({ role: 'webhead', files: [{ name: 'webhead', settings }], regionName: 'us-east-1' });

  test('is a few lines that a reviewer can read', () =>
    expect(script({ WEBHEAD_PORT: '8443' })).toBe(
      [
        '#!/bin/sh',
        'set -eu',
        "cat > /etc/picl-idp/webhead.env <<'END'",
        'AWS_REGION=us-east-1',
        'WEBHEAD_PORT=8443',
        'END',
        'systemctl enable --now picl-idp-webhead.service',
        '',
      ].join('\n'),
    ));

  test.each([
    ['a line break', 'a\nEND\nrm -rf /'],
    ['a quote', "it's"],
    ['a blank', 'two words'],
    ['a dollar', '$HOME'],
    ['a back tick', '`id`'],
    ['a hash, which a settings file may take for a comment', 'a#b'],
  ])('refuses %s, and names the setting', (_, value) =>
    expect(() => script({ WEBHEAD_PUBLIC_URL: value })).toThrow(
      new RangeError(`WEBHEAD_PUBLIC_URL: got "${value}", allowed: letters, digits and _@%+=:,./?*~-`),
    ),
  );

  test('is encoded by CloudFormation, so that the template shows it', () =>
    expect(encodedUserData({ role: 'webhead', files: [], regionName: 'us-east-1' })).toMatch(/Token/));

  test('has numbers and truths as text', () =>
    expect(textSettings({ A: 1, B: true, C: 'c' })).toEqual({ A: '1', B: 'true', C: 'c' }));
});
