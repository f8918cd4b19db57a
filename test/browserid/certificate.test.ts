/** What a certificate says, claim by claim. */

import { expect, test } from '@jest/globals';
import { certificatePayload, certificateSigningInput } from '../../app/browserid/certificate.ts';

const NOW = 1_700_000_000_000;
const INPUT = {
  uid: 'a0a1a2a3a4a5a6a7a8a9aaabacadaeaf',
  domain: 'accounts.example:9000',
  email: 'andré@example.org',
  generation: 1_600_000_000_001,
  lastAuthAt: 1_650_000_000,
  keysChangedAt: 1_600_000_000_000,
  deviceId: 'b0b1b2b3b4b5b6b7b8b9babbbcbdbebf',
  publicKey: { algorithm: 'RS', n: '1234567890', e: '65537' },
  durationMs: 21_600_000,
};

test('a certificate says these things, in these units, and nothing else', () =>
  expect(certificatePayload(INPUT, NOW)).toEqual({
    iss: 'accounts.example:9000',
    iat: 1_699_999_990_000,
    exp: 1_700_021_600_000,
    'public-key': { algorithm: 'RS', n: '1234567890', e: '65537' },
    principal: { email: 'a0a1a2a3a4a5a6a7a8a9aaabacadaeaf@accounts.example:9000' },
    'fxa-generation': 1_600_000_000_001,
    'fxa-lastAuthAt': 1_650_000_000,
    'fxa-verifiedEmail': 'andré@example.org',
    'fxa-deviceId': 'b0b1b2b3b4b5b6b7b8b9babbbcbdbebf',
    'fxa-tokenVerified': true,
    'fxa-keysChangedAt': 1_600_000_000_000,
  }));

test('a session without a device says so by null', () =>
  expect(certificatePayload({ ...INPUT, deviceId: null }, NOW)).toHaveProperty('fxa-deviceId', null));

test('a certificate for no time at all has ended when it is made', () =>
  expect(certificatePayload({ ...INPUT, durationMs: 0 }, NOW)).toMatchObject({
    iat: 1_699_999_990_000,
    exp: 1_700_000_000_000,
  }));

test('what is signed is header and payload in base64url, in UTF-8, without padding', () =>
  expect(certificateSigningInput('k', { name: 'é?>' })).toBe(
    'eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.eyJuYW1lIjoiw6k_PiJ9',
  ));
