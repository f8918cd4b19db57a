/** Settings: every fault at once, by variable, with what it got and what is allowed; no secret is repeated. */

import { describe, expect, test } from '@jest/globals';
import { readDbwriterConfig } from '../../app/dbwriter/config.ts';
import { readKeysignerConfig } from '../../app/keysigner/config.ts';
import { ConfigError } from '../../app/platform/config.ts';
import { readWebheadConfig } from '../../app/webhead/config.ts';

const DBWRITER = {
  DBWRITER_ENVIRONMENT: 'development',
  DBWRITER_LISTEN_HOST: '127.0.0.1',
  DBWRITER_PORT: '0',
  DBWRITER_URL: 'http://127.0.0.1:8080',
  DBWRITER_LOG_LEVEL: 'info',
  DBWRITER_REGION: 'us-east-1',
  DBWRITER_STORE: 'sqlite',
  DBWRITER_SQLITE_FILE: '/var/lib/accounts.sqlite',
  DBWRITER_MIGRATE_AT_START: 'true',
  DBWRITER_PUBLIC_URL: 'http://127.0.0.1:9000',
  DBWRITER_SEALING_KEYRING_SECRET: 'file:/keyring.json',
  DBWRITER_WEBHEAD_SECRET: 'secretsmanager:prod/webhead',
  DBWRITER_WRITES_MAX: '100',
  DBWRITER_MAIL_TRANSPORT: 'smtp',
  DBWRITER_MAIL_SENDER: 'no-reply@example.org',
  DBWRITER_MAIL_CONTENT_URL: 'http://127.0.0.1:9000/pages',
  DBWRITER_MAIL_SYNC_URL: 'http://127.0.0.1:9000/pages/connect',
  DBWRITER_SMTP_HOST: 'localhost',
  DBWRITER_SMTP_PORT: '25',
  DBWRITER_LIMITS: 'false',
  DBWRITER_LOCKOUT: 'false',
  DBWRITER_RESEND_BLACKOUT_MS: '0',
  DBWRITER_SESSION_IDLE_MS: '2419200000',
  DBWRITER_DEAD_ROWS_KEPT_MS: '172800000',
  DBWRITER_EVENTS_KEPT_MS: '604800000',
  DBWRITER_DRAIN_MS: '0',
};

function faultsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}
const dbwriterFaults = (changes: Record<string, string | undefined>) =>
  faultsOf(() => readDbwriterConfig({ ...DBWRITER, ...changes }));

describe("a role's settings", () => {
  test('are read under their names, typed and frozen, whatever else the environment holds', () => {
    const config = readDbwriterConfig({ ...DBWRITER, PATH: '/bin', WEBHEAD_PORT: 'x' });
    expect(config).toMatchObject({ DBWRITER_PORT: 0, DBWRITER_LIMITS: false, DBWRITER_WRITES_MAX: 100 });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test('are told wrong all at once, with what was got and what is allowed', () => {
    const faults = dbwriterFaults({
      DBWRITER_PORT: '70000',
      DBWRITER_LIMITS: 'yes',
      DBWRITER_URL: 'ftp://x',
      DBWRITER_SQLITE_FILE: undefined,
    });
    expect(faults).toEqual([
      'DBWRITER_PORT: got "70000", allowed: a whole number from 0 to 65535',
      'DBWRITER_URL: got "ftp://x", allowed: an http or https URL without query and without a slash at its end',
      'DBWRITER_LIMITS: got "yes", allowed: true or false',
      'DBWRITER_SQLITE_FILE: is needed by the store sqlite',
    ]);
  });

  test('that are misspelt are told with the nearest name', () =>
    expect(dbwriterFaults({ DBWRITER_PROT: '1' })).toEqual([
      'DBWRITER_PROT: is no setting, did you mean DBWRITER_PORT?',
    ]));

  test('that are misspelt do not hide what else is wrong', () =>
    expect(dbwriterFaults({ DBWRITER_PROT: '1', DBWRITER_SMTP_HOST: undefined, DBWRITER_PORT: '-1' })).toEqual([
      'DBWRITER_PORT: got "-1", allowed: a whole number from 0 to 65535',
      'DBWRITER_SMTP_HOST: is needed by the transport smtp',
      'DBWRITER_PROT: is no setting, did you mean DBWRITER_PORT?',
    ]));

  test.each(['http://:hunter2@x', 'http://x/', 'http://x?y', 'http://x#y', 'x', 'file:///x'])(
    'are no URL in %s',
    (url) => expect(dbwriterFaults({ DBWRITER_URL: url })).toHaveLength(1),
  );

  test('that are secret are not repeated', () => {
    const faults = dbwriterFaults({ DBWRITER_WEBHEAD_SECRET: 'hunter2' }).join();
    expect(faults).toContain('DBWRITER_WEBHEAD_SECRET: got a value that is not shown');
    expect(faults).not.toContain('hunter2');
  });

  test('let nothing change the schema of a ring but an operator', () =>
    expect(
      dbwriterFaults({
        DBWRITER_STORE: 'cassandra',
        DBWRITER_SQLITE_FILE: undefined,
        DBWRITER_CASSANDRA_CONTACT_POINTS: '10.20.64.10',
        DBWRITER_CASSANDRA_PORT: '9042',
        DBWRITER_CASSANDRA_DATA_CENTRE: 'us-east-1',
        DBWRITER_CASSANDRA_ROLE_SECRET: 'secretsmanager:picl-idp/prod/ring-role/dbwriter',
        DBWRITER_CASSANDRA_REQUESTS_MAX: '1024',
        DBWRITER_CASSANDRA_REQUEST_MS_MAX: '2000',
      }),
    ).toEqual([
      'DBWRITER_MIGRATE_AT_START: got "true", allowed: false with the store cassandra, whose schema an operator changes',
    ]));

  test('that name a queue of bounces without SES are refused: nothing would read it', () =>
    expect(dbwriterFaults({ DBWRITER_BOUNCE_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/1/bounces' })).toEqual([
      'DBWRITER_BOUNCE_QUEUE_URL: got "https://sqs.us-east-1.amazonaws.com/1/bounces", allowed: none without the transport ses',
    ]));

  test('that go together are told together', () => {
    expect(dbwriterFaults({ DBWRITER_SMTP_HOST: undefined })).toEqual([
      'DBWRITER_SMTP_HOST: is needed by the transport smtp',
    ]);
    expect(dbwriterFaults({ DBWRITER_MAIL_TRANSPORT: 'ses' })).toEqual([
      'DBWRITER_SES_REGION: is needed by the transport ses',
    ]);
    expect(dbwriterFaults({ DBWRITER_TLS_CERTIFICATE_FILE: '/x' }).join()).toContain(
      'goes with DBWRITER_TLS_PRIVATE_KEY_FILE',
    );
  });

  test('of development refuse to start in production, by name', () =>
    expect(dbwriterFaults({ DBWRITER_ENVIRONMENT: 'production' })).toEqual([
      'DBWRITER_PUBLIC_URL: got "http://127.0.0.1:9000", allowed: an https URL in production',
      'DBWRITER_LIMITS: got "false", allowed: true in production',
      'DBWRITER_RESEND_BLACKOUT_MS: got "0", allowed: at least 60000 in production',
    ]));
});

test('a role without any setting is told every one that it needs', () => {
  expect(faultsOf(() => readWebheadConfig({})).length).toBeGreaterThan(20);
  expect(faultsOf(() => readKeysignerConfig({})).length).toBeGreaterThan(8);
  for (const fault of faultsOf(() => readKeysignerConfig({})))
    expect(fault).toMatch(/^KEYSIGNER_\w+: is missing, allowed: ./);
});
