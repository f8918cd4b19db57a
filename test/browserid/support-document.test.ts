/** The document by which relying services learn our keys. */

import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { publishedKey, supportDocument } from '../../app/browserid/support-document.ts';
import { RFC_KEY } from '../support/rfc7515-key.ts';

const N_DECIMAL =
  '20446702916744654562596343388758805860065209639960173505037453331270270518732245089773723012043203236097095623402044690115755377345254696448759605707788965848889501746836211206270643833663949992536246985362693736387185145424787922241585721992924045675229348655595626434390043002821512765630397723028023792577935108185822753692574221566930937805031155820097146819964920270008811327036286786392793593121762425048860211859763441770446703722015857250621107855398693133264081150697423188751482418465308470313958250757758547155699749157985955379381294962058862159085915015369381046959790476428631998204940879604226680285601';

test('a key without rotation is told in decimal and as a JWK', () =>
  expect(supportDocument([publishedKey('rfc7515-a2', RFC_KEY.publicKey)])).toEqual({
    'public-key': { algorithm: 'RS', n: N_DECIMAL, e: '65537' },
    authentication: '/.well-known/browserid/sign_in.html',
    provisioning: '/.well-known/browserid/provision.html',
    keys: [{ kid: 'rfc7515-a2', kty: 'RSA', algorithm: 'RS', use: 'sig', n: RFC_KEY.n, e: 'AQAB' }],
  }));

test('while keys change the one that signs stands first, and alone in the old form', () => {
  const document = supportDocument([
    { kid: 'new', n: 'AQ', e: 'AQAB' },
    { kid: 'old', n: 'Ag', e: 'AQAB' },
  ]);
  expect(document).toMatchObject({
    'public-key': { n: '1', e: '65537' },
    keys: [
      { kid: 'new', n: 'AQ' },
      { kid: 'old', n: 'Ag' },
    ],
  });
});

test('a key that is not RSA is refused by its id', () =>
  expect(() => publishedKey('curve', generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)).toThrow(
    'key curve must be RSA, got EC',
  ));

test('of a private key only the public part is told', () =>
  expect(Object.keys(publishedKey('k', RFC_KEY.publicKey))).toEqual(['kid', 'n', 'e']));
