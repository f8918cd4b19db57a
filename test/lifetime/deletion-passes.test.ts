/** The plan of the night in which an environment deletes itself. */

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deletionPasses, type MortalStack } from '../../lib/lifetime/deletion-passes.ts';

const STACKS: readonly MortalStack[] = [
  { name: 'lifetime', needs: [] },
  { name: 'network', needs: ['lifetime'] },
  { name: 'data', needs: ['network'] },
  { name: 'services', needs: ['network', 'data'] },
  { name: 'monitoring', needs: ['services', 'data'] },
];

test('what nobody needs is asked first, what everybody needs last, three times an hour for six hours', () =>
  expect(deletionPasses(STACKS, 3)).toEqual([
    { stack: 'lifetime', cron: 'cron(4,24,44 3,4,5,6,7,8 * * ? *)' },
    { stack: 'network', cron: 'cron(3,23,43 3,4,5,6,7,8 * * ? *)' },
    { stack: 'data', cron: 'cron(2,22,42 3,4,5,6,7,8 * * ? *)' },
    { stack: 'services', cron: 'cron(1,21,41 3,4,5,6,7,8 * * ? *)' },
    { stack: 'monitoring', cron: 'cron(0,20,40 3,4,5,6,7,8 * * ? *)' },
  ]));

test('a night goes on after midnight', () =>
  expect(deletionPasses([{ name: 'network', needs: [] }], 22)).toEqual([
    { stack: 'network', cron: 'cron(0,20,40 22,23,0,1,2,3 * * ? *)' },
  ]));

test('no stacks need no passes', () => expect(deletionPasses([], 0)).toEqual([]));

test('a need of something outside the environment delays nobody', () =>
  expect(deletionPasses([{ name: 'network', needs: ['elsewhere'] }], 1)).toEqual([
    { stack: 'network', cron: 'cron(0,20,40 1,2,3,4,5,6 * * ? *)' },
  ]));

test('whatever needs what, every stack is asked later than each of those that need it', () =>
  fc.assert(
    fc.property(acyclicStacks(), (stacks) => {
      const minutes = new Map(
        deletionPasses(stacks, 0).map(({ stack, cron }) => [stack, Number(/^cron\((\d+),/.exec(cron)?.[1])]),
      );
      return stacks.every(({ name, needs }) =>
        needs.every((needed) => (minutes.get(needed) ?? 0) >= (minutes.get(name) ?? 0) + 1),
      );
    }),
  ));

test('the order in which stacks are listed changes no pass', () =>
  expect([...deletionPasses([...STACKS].reverse(), 3)].reverse()).toEqual(deletionPasses(STACKS, 3)));

describe('it refuses', () => {
  test('stacks that need each other in a circle, and names them', () =>
    expect(() =>
      deletionPasses(
        [
          { name: 'a', needs: ['b'] },
          { name: 'b', needs: ['c'] },
          { name: 'c', needs: ['a'] },
        ],
        3,
      ),
    ).toThrow(new RangeError('stacks need each other in a circle: a > c > b > a')));

  test('a stack that needs itself', () =>
    expect(() => deletionPasses([{ name: 'a', needs: ['a'] }], 3)).toThrow(
      new RangeError('stacks need each other in a circle: a > a'),
    ));

  test('more stacks upon each other than one pass has minutes', () => {
    const chain = (length: number) =>
      Array.from({ length }, (_, index) => ({ name: `s${index}`, needs: index === 0 ? [] : [`s${index - 1}`] }));
    expect(deletionPasses(chain(20), 3)[0]).toEqual({ stack: 's0', cron: 'cron(19,39,59 3,4,5,6,7,8 * * ? *)' });
    expect(() => deletionPasses(chain(21), 3)).toThrow(new RangeError('s0 is needed through 20 stacks, allowed: 19'));
  });
});

/** At most ten stacks, each needing some of those before it. */
function acyclicStacks() {
  return fc.array(fc.array(fc.nat(9), { maxLength: 4 }), { maxLength: 10 }).map((needs) =>
    needs.map((ofOne, index) => ({
      name: `s${index}`,
      needs: [...new Set(ofOne.filter((other) => other < index).map((other) => `s${other}`))],
    })),
  );
}
