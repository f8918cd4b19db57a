/** Preloaded into every process of a synth: it is another day, and there is no network. */

const { Socket } = require('node:net');

const DAYS = 400;
const SHIFT_MS = DAYS * 86_400_000;
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...parameters) {
    if (parameters.length === 0) super(RealDate.now() + SHIFT_MS);
    else super(...parameters);
  }

  static now() {
    return RealDate.now() + SHIFT_MS;
  }
};

Socket.prototype.connect = () => {
  throw new Error('a synth must not call anybody');
};
