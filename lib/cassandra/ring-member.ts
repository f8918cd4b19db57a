/** One ring node: its address and its volume, which stay, and the machine that bears them for a while. */

import { CfnNetworkInterface } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { Environment, Region, RingNode } from '../../regions/schema.ts';
import { keyValues } from '../key-values.ts';
import { attachesToItself, KeptMachine } from '../machine/kept-machine.ts';
import { allowed, type PolicyStatement } from '../machine/policy.ts';
import { ec2Arn, internalZoneName } from '../names.ts';
import { addRecord } from '../network/records.ts';
import type { RegionNetwork } from '../network/region-network.ts';
import type { SecurityGroup } from '../network/security-group.ts';
import { keepWith } from '../retention.ts';
import { readsSecrets } from '../services/reads-secrets.ts';
import { DATA_FOLDER, ringNodeSettings, ringNodeSize, zoneOf } from './ring-plan.ts';

const INTERFACE_TAG = 'picl-idp:interface';

export interface RingMemberProps {
  readonly environment: Environment;
  readonly region: Region;
  readonly network: RegionNetwork;
  readonly node: RingNode;
  readonly imageId: string;
  readonly keyArn: string;
  /** Of the node's own address. */
  readonly nodes: SecurityGroup;
  /** Of its machine's other address, by which the machine reaches AWS and the log routers. */
  readonly machines: SecurityGroup;
  /** What every ring node may ask of AWS. */
  readonly statements: readonly PolicyStatement[];
  /** Tags of its volume; a backup plan looks for one. */
  readonly volumeTags: Readonly<Record<string, string>>;
}

/**
 * A ring node, under the name, address and volume that it has for life.
 * Resources: a network interface with its literal address, and its name in the private zone; a volume; an IAM role that may take these two
 * and the node's own secret, and nothing of another node; a launch template; an Auto Scaling group of none or one, which a deploy leaves as
 * it is. Interface and volume are retained where data is kept.
 * Failure behaviour: a machine that dies is started again in its zone, takes interface and volume back, and Cassandra goes on with its own
 * host id, without streaming. A new launch template waits until an operator's command takes the nodes one by one.
 */
export class RingMember extends Construct {
  readonly name: string;
  readonly groupName: string;
  readonly volumeId: string;

  constructor(scope: Construct, id: string, props: RingMemberProps) {
    super(scope, id);
    const { environment, region, network, node, nodes } = props;
    const ownName = `${environment.name}/${node.name}`;
    const zone = zoneOf(region, node);
    const subnetId = network.subnetId('ring', zone);
    const ownInterface = new CfnNetworkInterface(this, 'Interface', {
      description: `address of ${node.name} of ${environment.name}`,
      subnetId,
      privateIpAddress: node.address,
      groupSet: [nodes.groupId],
      tags: keyValues({ Name: `${environment.name} ${node.name}`, [INTERFACE_TAG]: ownName }),
    });
    keepWith(environment, ownInterface);
    addRecord(this, 'Name', {
      zoneId: network.privateZoneId,
      name: `${node.name}.${internalZoneName(environment)}`,
      to: { addresses: [node.address] },
      holdsFor: 'life',
    });
    const interfaceTag = `${INTERFACE_TAG}=${ownName}`;
    const interfaceArn = ec2Arn(environment, region, `network-interface/${ownInterface.ref}`);
    const machine = new KeptMachine(this, 'Node', {
      ...ringNodeSize(environment, region),
      environment,
      region,
      zone,
      name: node.name,
      role: 'ring-node',
      subnetId,
      imageId: props.imageId,
      securityGroups: [props.machines],
      settings: ringNodeSettings({ environment, region, node, interfaceTag }),
      statements: [
        // EC2 knows no resources for it.
        allowed(['ec2:DescribeNetworkInterfaces'], ['*']),
        ...attachesToItself({ environment, region, name: node.name }, 'ec2:AttachNetworkInterface', interfaceArn),
        readsSecrets(environment, region, [`ring-node/${node.name}`]),
        ...props.statements,
      ],
      mountPoint: DATA_FOLDER,
      after: [ownInterface],
      keyArn: props.keyArn,
      volumeTags: { 'picl-idp:ring-node': node.name, ...props.volumeTags },
      replacedBy: 'operators',
    });
    this.name = node.name;
    this.groupName = machine.groupName;
    this.volumeId = machine.volumeId;
  }
}
