// Jest's order of files: rules and units first, whole services later, and last what is slow by its nature.

const { default: Sequencer } = require('@jest/test-sequencer');

const SLOW = ['/test/box/', '/test/clients/', '/test/pages/', '/test/chaos/'];

const slowness = ({ path }) => SLOW.findIndex((folder) => path.includes(folder));

class FastestFirst extends Sequencer {
  sort(tests) {
    return [...tests].sort((left, right) => slowness(left) - slowness(right) || (left.path < right.path ? -1 : 1));
  }
}

module.exports = FastestFirst;
