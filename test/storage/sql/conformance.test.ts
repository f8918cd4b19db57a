/** The embedded store against the suite of single steps. */

import { describeAccountSteps } from '../store-conformance.ts';
import { describeOtherSteps, describeTokenSteps } from '../token-conformance.ts';
import { openEmbedded, temporaryFile } from './temporary.ts';

async function open() {
  const { file, remove } = await temporaryFile();
  const store = openEmbedded(file);
  const close = async () => {
    await store.close();
    await remove();
  };
  return { store, close };
}

describeAccountSteps('the embedded store', open);
describeTokenSteps('the embedded store', open);
describeOtherSteps('the embedded store', open);
