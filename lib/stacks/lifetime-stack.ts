/** When the stacks of a region delete themselves: deployed first, so that half an environment is deleted as well, and deleted last. */

import { CfnOutput, Fn, type Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { deletionPasses } from '../lifetime/deletion-passes.ts';
import { NightlyDeletion } from '../lifetime/nightly-deletion.ts';
import { RegionStack, type RegionStackProps } from './region-stack.ts';

export interface LifetimeStackProps extends RegionStackProps {
  readonly deletedAtHour: number;
}

export class LifetimeStack extends RegionStack {
  private readonly deletedAtHour: number;

  constructor(scope: Construct, props: LifetimeStackProps) {
    const { environment, region, deletedAtHour } = props;
    super(scope, 'lifetime', props, `Deletes ${environment.name} in ${region.name} every night, itself last.`);
    this.deletedAtHour = deletedAtHour;
    new CfnOutput(this, 'DeletedAt', {
      value: `every night from ${deletedAtHour}:00 UTC on`,
      exportName: this.exportName(),
    });
  }

  /** Makes a stack use an output of this one: this one cannot go before that one, and its schedules with it. */
  outlive(stack: Stack): void {
    new CfnOutput(stack, 'DeletedAt', { value: Fn.importValue(this.exportName()) });
    stack.addStackDependency(this);
  }

  /** Plans the end of this region's stacks. @param all every stack of the environment, in all regions. */
  schedule(all: readonly RegionStack[]): void {
    const { account, region } = this;
    const passes = deletionPasses(
      all.map((stack) => ({
        name: stack.stackName,
        needs: all.filter((other) => stack.isAbove(other)).map(({ stackName }) => stackName),
      })),
      this.deletedAtHour,
    );
    const here = new Set(all.filter((stack) => stack.region === region).map(({ stackName }) => stackName));
    new NightlyDeletion(this, 'Nightly', {
      environmentName: this.environmentName,
      account,
      regionName: region,
      passes: passes.filter(({ stack }) => here.has(stack)),
    });
  }

  private exportName(): string {
    return `${this.stackName}-deleted-at`;
  }
}
