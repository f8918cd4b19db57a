/** Every store against the one suite. */

import { openStoreFixture } from '../support/store-fixture.ts';
import { describeStoreConformance } from './conformance.ts';

describeStoreConformance('the embedded store', () => openStoreFixture());
describeStoreConformance('the embedded store behind a dbwriter', () => openStoreFixture({ remote: true }));
