/** The rules of addresses, generations, lifetimes, languages and errors, as tables. */

import { describe, expect, test } from '@jest/globals';
import { trimAcceptLanguage } from '../../app/accounts/accept-language.ts';
import { isEmailAddress, normalizeEmail } from '../../app/accounts/email-address.ts';
import { compareGeneration, nextGeneration } from '../../app/accounts/generation.ts';
import { isSessionIdle, isTokenExpired, ttlSeconds } from '../../app/accounts/lifetimes.ts';
import { isServiceError, SERVICE_ERRORS, serviceError } from '../../app/accounts/service-errors.ts';

describe('an e-mail address', () => {
  test.each([
    'a@b.cd',
    "o'neil+tag@example.org",
    'andré@example.org',
    'user@müller.example',
    'UPPER@Example.Org',
    `${'a'.repeat(240)}@example.org`,
    '.dot@example.org',
    'a`{|}~@example-one.co',
    '日本@例え.jp',
  ])('%s is one', (email) => expect(isEmailAddress(email)).toBe(true));

  test.each([
    '',
    'a',
    '@example.org',
    'a@b',
    'a@example.',
    'a@example-.org',
    'a@-example.org',
    'a@.example.org',
    'a@example..org',
    'a@example.org-',
    'a@b@example.org',
    'a b@example.org',
    'a@exam ple.org',
    'a@example.org\r\nBcc: x@y.zz',
    'a\u0000@example.org',
    'a\ud800@example.org',
    'a\u2028@example.org',
    'a\u202e@example.org',
    `${'a'.repeat(250)}@example.org`,
    'a@example.org/',
    'a"@example.org',
  ])('%j is none', (email) => expect(isEmailAddress(email)).toBe(false));

  test('is the same account in any case', () => expect(normalizeEmail('Me@Example.ORG')).toBe('me@example.org'));
});

describe('a generation', () => {
  test('is the time, but always more than the one before', () => {
    expect(nextGeneration(1000, 500)).toBe(1000);
    expect(nextGeneration(1000, 1000)).toBe(1001);
    expect(nextGeneration(1000, 9000)).toBe(9001);
  });

  test('tells whether a token is of its account as it stands', () => {
    expect(compareGeneration({ generation: 5 }, { generation: 5 })).toBe('same');
    expect(compareGeneration({ generation: 4 }, { generation: 5 })).toBe('older');
    expect(compareGeneration({ generation: 6 }, { generation: 5 })).toBe('newer');
  });
});

describe('a lifetime', () => {
  test('is 15 minutes for a change, 60 for a forgotten password, and none for a session', () => {
    expect(isTokenExpired('passwordChangeToken', { createdAt: 0 }, 899_999)).toBe(false);
    expect(isTokenExpired('passwordChangeToken', { createdAt: 0 }, 900_000)).toBe(true);
    expect(isTokenExpired('accountResetToken', { createdAt: 0 }, 900_000)).toBe(true);
    expect(isTokenExpired('passwordForgotToken', { createdAt: 0 }, 3_599_999)).toBe(false);
    expect(isTokenExpired('passwordForgotToken', { createdAt: 0 }, 3_600_000)).toBe(true);
    expect(isTokenExpired('sessionToken', { createdAt: 0 }, 1e15)).toBe(false);
  });

  test('is told in whole seconds, rounded up, never below none', () => {
    expect(ttlSeconds('passwordForgotToken', { createdAt: 0 }, 1)).toBe(3600);
    expect(ttlSeconds('passwordForgotToken', { createdAt: 0 }, 1000)).toBe(3599);
    expect(ttlSeconds('passwordForgotToken', { createdAt: 0 }, 9_000_000)).toBe(0);
  });

  test('of a session without a device ends after a time without use; of one with a device it does not', () => {
    const options = { now: 1001, idleMsMax: 1000 };
    expect(isSessionIdle({ lastAccessAt: 0, deviceId: null }, options)).toBe(true);
    expect(isSessionIdle({ lastAccessAt: 1, deviceId: null }, options)).toBe(false);
    expect(isSessionIdle({ lastAccessAt: 0, deviceId: 'ab' }, options)).toBe(false);
  });
});

describe('languages', () => {
  test('are kept as they are when short', () => expect(trimAcceptLanguage('pt-BR,en;q=0.5')).toBe('pt-BR,en;q=0.5'));

  test('are cut at a comma when long', () => {
    const header = Array.from({ length: 100 }, (_, index) => `x${index}`).join(',');
    const trimmed = trimAcceptLanguage(header);
    expect(trimmed.length).toBeLessThan(256);
    expect(header.startsWith(`${trimmed},`)).toBe(true);
  });

  test('are none when one alone is too long', () => expect(trimAcceptLanguage('x'.repeat(300))).toBe(''));
});

describe('errors', () => {
  test('keep the numbers that clients know', () => {
    const numbers = Object.fromEntries(
      Object.entries(SERVICE_ERRORS).map(([code, { errno, statusCode }]) => [code, `${statusCode}/${errno}`]),
    );
    expect(numbers).toMatchObject({
      ACCOUNT_EXISTS: '400/101',
      UNKNOWN_ACCOUNT: '400/102',
      INCORRECT_PASSWORD: '400/103',
      UNVERIFIED_ACCOUNT: '400/104',
      INVALID_VERIFICATION_CODE: '400/105',
      INVALID_JSON: '400/106',
      INVALID_PARAMETER: '400/107',
      MISSING_PARAMETER: '400/108',
      INVALID_SIGNATURE: '401/109',
      INVALID_TOKEN: '401/110',
      INVALID_TIMESTAMP: '401/111',
      REQUEST_TOO_LARGE: '413/113',
      TOO_MANY_REQUESTS: '429/114',
      INVALID_NONCE: '401/115',
      ENDPOINT_RETIRED: '410/116',
      INCORRECT_EMAIL_CASE: '400/120',
      ACCOUNT_LOCKED: '400/121',
      ACCOUNT_NOT_LOCKED: '400/122',
      UNKNOWN_DEVICE: '400/123',
      SESSION_HAS_DEVICE: '400/124',
      REQUEST_BLOCKED: '400/125',
      ACCOUNT_MUST_BE_RESET: '400/126',
      LOGIN_WITH_OTHER_EMAIL: '400/142',
      SERVICE_UNAVAILABLE: '503/201',
    });
  });

  test('carry what a client needs, and are told from other errors', () => {
    const error = serviceError('TOO_MANY_REQUESTS', { extras: { retryAfter: 9 } });
    expect(error).toMatchObject({
      errno: 114,
      statusCode: 429,
      message: 'Client has sent too many requests',
      extras: { retryAfter: 9 },
    });
    expect(isServiceError(error)).toBe(true);
    expect(isServiceError(new Error('Client has sent too many requests'))).toBe(false);
  });
});
