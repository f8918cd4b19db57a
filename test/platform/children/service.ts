/** A service whose parameter says how its start and its stop go. */

import { ConfigError } from '../../../app/platform/config.ts';
import { runService } from '../../../app/platform/lifecycle.ts';

const how = process.argv[2];

await runService({
  name: 'service',
  logLevel: 'info',
  start: async ({ log }) => {
    if (how === 'misconfigured') throw new ConfigError(['A_PORT: is missing', 'A_PROT: is no setting']);
    if (how === 'unable') throw new Error('no room');
    const alive = setInterval(() => undefined, 1000);
    setTimeout(() => {
      log.info('started');
      if (how === 'thrower') throw new Error('thrown later');
      if (how === 'rejecter') void Promise.reject(new Error('thrown later'));
    }, 1);
    return {
      stop: async () => {
        if (how === 'stuck') await new Promise(() => undefined);
        if (how === 'clumsy') throw new Error('no way out');
        clearInterval(alive);
      },
    };
  },
});
