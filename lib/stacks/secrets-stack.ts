/** The secrets of an environment, declared in its primary region. */

import type { Construct } from 'constructs';
import { EnvironmentSecrets } from '../secrets/environment-secrets.ts';
import { IdpKeys } from '../secrets/idp-keys.ts';
import { RegionStack, type RegionStackProps } from './region-stack.ts';

export class SecretsStack extends RegionStack {
  readonly idpKeys: IdpKeys;

  constructor(scope: Construct, props: RegionStackProps) {
    const { environment } = props;
    super(scope, 'secrets', props, `The secrets of ${environment.name}, without their values.`);
    new EnvironmentSecrets(this, 'Secrets', { environment });
    this.idpKeys = new IdpKeys(this, 'IdpKeys', { environment });
  }
}
