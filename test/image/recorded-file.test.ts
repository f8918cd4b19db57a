/** Which recorded images stay when a new one comes. */

import { expect, test } from '@jest/globals';
import { namedInRegions, type RecordedImage, withNewest } from '../../tools/images/recorded-file.ts';

const imageOf = (digit: string): RecordedImage => ({
  contentHash: digit.repeat(64),
  owner: '333333333333',
  amis: { 'us-east-1': `ami-0000000${digit}`, 'us-west-2': `ami-1000000${digit}` },
});
const [one, two, three, four, five] = ['1', '2', '3', '4', '5'].map(imageOf) as [
  RecordedImage,
  RecordedImage,
  RecordedImage,
  RecordedImage,
  RecordedImage,
];
const nobody = () => false;

test('the newest comes first, and the last three are kept', () =>
  expect(withNewest([four, three, two, one], five, nobody)).toEqual([five, four, three]));

test('an older one stays while an environment names it in any region', () =>
  expect(withNewest([four, three, two, one], five, (ami) => ami === 'ami-10000001')).toEqual([five, four, three, one]));

test('one of the same content gives way to the newer', () => {
  const again = { ...four, amis: { 'us-east-1': 'ami-0000000a' } };
  expect(withNewest([four, three, two], again, nobody)).toEqual([again, three, two]);
});

test('what ring nodes name is named, and what nobody says is not', () => {
  const isNamed = namedInRegions(process.cwd());
  expect(isNamed('ami-00000000000000e02')).toBe(true);
  expect(isNamed('ami-0')).toBe(false);
});
