/** The part of the ring that stands in one region. */

import { Construct } from 'constructs';
import { isWitness } from '../../regions/derived.ts';
import type { Environment, Region, RingNode } from '../../regions/schema.ts';
import { acknowledge } from '../acknowledge.ts';
import { TcpBalancer } from '../cluster/tcp-balancer.ts';
import { pascal } from '../names.ts';
import type { RegionNetwork } from '../network/region-network.ts';
import { allow, type Peer, SecurityGroup } from '../network/security-group.ts';
import { kindCidr } from '../network/subnets.ts';
import { CQL_PORT, HEALTH_PORT, HTTPS_PORT, LOG_PORT, STORAGE_PORT } from '../ports.ts';
import { backupTags, isBackedUp, RingBackup } from './ring-backup.ts';
import { configurationFindings, configurationStatements, RingConfiguration } from './ring-configuration.ts';
import { RingKey } from './ring-key.ts';
import { RingMember } from './ring-member.ts';

export interface RingProps {
  readonly environment: Environment;
  readonly region: Region;
  readonly network: RegionNetwork;
  /** Of the interface endpoints of AWS. */
  readonly endpoints: SecurityGroup;
  /** Where log lines go. */
  readonly logs: Peer;
  /** The image of a node's machine. */
  readonly imageIdOf: (node: RingNode) => string;
}

/**
 * A region's ring nodes, and who may speak to them. A machine of a node has two addresses: the node's own, for the ring and its clients, and
 * one that it was given, by which it reaches AWS and the log routers and at which nothing reaches it.
 * Resources: a key; each node with its interface, volume and group; a security group for either address; the association that corrects
 * configuration; where the region serves, a balancer; where its data is kept, backups.
 * Failure behaviour: with a zone lost, two of three nodes are left, a quorum of every row in the region. The other regions go on without this
 * one. Nodes wait for a lost zone; nothing moves.
 */
export class Ring extends Construct {
  /** Bears the nodes' own addresses: who is allowed to it reaches Cassandra. */
  readonly nodes: SecurityGroup;
  /** In the order of the region's data. */
  readonly members: readonly RingMember[];
  /**
   * For operators, and for the nodes' health: services do not come this way, since their driver dials every node itself and would take a
   * balancer for one. Nothing in the witness's region: nobody asks it anything but the ring.
   */
  readonly balancer: TcpBalancer | undefined;
  /** Where its backups are; nothing where there are none. */
  readonly vaultName: string | undefined;
  private readonly machines: SecurityGroup;

  constructor(scope: Construct, id: string, props: RingProps) {
    super(scope, id);
    const { environment, region, network, imageIdOf } = props;
    const { vpcId } = network;
    this.nodes = new SecurityGroup(this, 'NodesGroup', { vpcId, bearer: 'ring nodes' });
    this.machines = new SecurityGroup(this, 'MachinesGroup', { vpcId, bearer: 'ring-node machines' });
    const { keyArn } = new RingKey(this, 'Key', { environment, region });
    this.members = region.ringNodes.map(
      (node) =>
        new RingMember(this, pascal(node.name), {
          environment,
          region,
          network,
          node,
          imageId: imageIdOf(node),
          keyArn,
          nodes: this.nodes,
          machines: this.machines,
          statements: configurationStatements({ environment, region }),
          volumeTags: backupTags(environment, region),
        }),
    );
    new RingConfiguration(this, 'Configuration', { environment, region });
    acknowledge(this, configurationFindings({ environment, region }));
    this.vaultName = isBackedUp(environment, region)
      ? new RingBackup(this, 'Backup', { environment, region, keyArn }).vaultName
      : undefined;
    this.allowReplication(props);
    this.allowMachines(props);
    if (isWitness(environment, region)) return;
    this.balancer = new TcpBalancer(this, 'Balancer', {
      environment,
      region,
      network,
      subnets: 'ring',
      host: 'ring',
      ports: [{ id: 'Cql', port: CQL_PORT }],
      // An instance as a target would be reached at its machine's other address.
      targets: region.ringNodes.map(({ address }) => address),
      health: { port: HEALTH_PORT, path: '/health' },
    });
    this.allowBalancer(this.balancer.group);
  }

  /** Of the balancer. @throws RangeError where there is none. */
  get balancerGroup(): SecurityGroup {
    if (this.balancer === undefined) throw new RangeError(`${this.node.path} has no balancer: it is a witness's`);
    return this.balancer.group;
  }

  private allowReplication({ environment, region }: RingProps): void {
    const { nodes } = this;
    allow(this, 'NodesToNodes', { from: nodes, to: nodes, port: STORAGE_PORT, why: 'replication within the region' });
    for (const other of environment.regions.filter(({ name }) => name !== region.name)) {
      const peers = { cidr: kindCidr(other, 'ring') };
      const name = pascal(other.name);
      const why = `replication with ${other.name}`;
      allow(this, `NodesTo${name}`, { from: nodes, to: peers, port: STORAGE_PORT, why });
      allow(this, `${name}ToNodes`, { from: peers, to: nodes, port: STORAGE_PORT, why });
    }
  }

  private allowMachines({ endpoints, logs }: RingProps): void {
    const from = this.machines;
    allow(this, 'MachinesToEndpoints', { from, to: endpoints, port: HTTPS_PORT, why: 'ring nodes call AWS' });
    allow(this, 'MachinesToLogs', { from, to: logs, port: LOG_PORT, why: 'lines go to the log routers' });
  }

  private allowBalancer(from: SecurityGroup): void {
    const to = this.nodes;
    allow(this, 'BalancerToNodes', { from, to, port: CQL_PORT, why: 'sessions of operators through the balancer' });
    allow(this, 'BalancerAsksNodes', {
      from,
      to,
      port: HEALTH_PORT,
      why: 'the balancer asks nodes whether they are well',
    });
  }
}
