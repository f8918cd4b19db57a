/** The whole service on one machine. */

import { Construct, type IDependable } from 'constructs';
import { readBoxConfig } from '../../app/box/config.ts';
import type { Environment, OneMachine, Region, Zone } from '../../regions/schema.ts';
import { KeptMachine } from '../machine/kept-machine.ts';
import { type Settings, textSettings } from '../machine/user-data.ts';
import { accountsUrl, bounceQueueUrl } from '../names.ts';
import { addRecord } from '../network/records.ts';
import type { RegionNetwork } from '../network/region-network.ts';
import { allow, INTERNET, SecurityGroup } from '../network/security-group.ts';
import { HTTP_PORT, HTTPS_PORT } from '../ports.ts';
import { sendsMail } from '../services/sends-mail.ts';

const NAME = 'box';
const MOUNT_POINT = '/var/lib/picl-idp';
/** On loopback, where the server that speaks TLS finds the accounts service. */
const ACCOUNTS_PORT = 9000;

export interface BoxProps {
  readonly environment: Environment;
  readonly region: Region;
  readonly zone: Zone;
  readonly network: RegionNetwork;
  readonly imageId: string;
  /** What must be there before the machine: its image. */
  readonly after: readonly IDependable[];
  readonly size: OneMachine;
}

/**
 * One machine with every process on it, reached over HTTPS by a name of the operator's choosing.
 * Resources: a machine that is kept in one zone, with a volume for accounts, secrets and certificates; an address that outlives the machine;
 * the name's record; a security group.
 * Failure behaviour: a machine that dies is started again and takes volume and address back, in some minutes; its zone's loss is its loss.
 */
export class Box extends Construct {
  constructor(scope: Construct, id: string, props: BoxProps) {
    super(scope, id);
    const { environment, region, zone, network, imageId, size } = props;
    const machine = new SecurityGroup(this, 'MachineGroup', { vpcId: network.vpcId, bearer: 'the box' });
    allow(this, 'HttpsFromInternet', {
      from: INTERNET,
      to: machine,
      port: HTTPS_PORT,
      why: 'clients call the service',
    });
    allow(this, 'HttpFromInternet', {
      from: INTERNET,
      to: machine,
      port: HTTP_PORT,
      why: 'clients that forgot TLS, and the authority that proves the name',
    });
    allow(this, 'ToInternet', { from: machine, to: INTERNET, port: HTTPS_PORT, why: 'AWS, pushes and the authority' });
    const { elasticAddress } = new KeptMachine(this, 'Machine', {
      environment,
      region,
      zone,
      name: NAME,
      role: 'box',
      subnetId: network.subnetId('box', zone),
      imageId,
      instanceType: size.instanceType,
      securityGroups: [machine],
      settings: boxSettings(environment, region),
      otherFiles: [{ name: 'caddy', settings: caddySettings(environment) }],
      statements: sendsMail(environment, region),
      volumeGiB: size.volumeGiB,
      mountPoint: MOUNT_POINT,
      after: props.after,
      replacedBy: 'deploy',
      elasticAddress: true,
    });
    addRecord(this, 'Name', {
      zoneId: environment.publicZone.id,
      name: environment.accountsName,
      to: { addresses: [elasticAddress] },
      holdsFor: 'aWhile',
    });
  }
}

/** @throws ConfigError that names each setting that the box would refuse. */
function boxSettings(environment: Environment, region: Region): Settings {
  const { mail } = environment;
  const settings = textSettings({
    BOX_PRODUCTION: true,
    BOX_PUBLIC_URL: accountsUrl(environment),
    BOX_PORT: ACCOUNTS_PORT,
    BOX_MAIL_PORT: 0,
    // The volume has several owners: its top folder is root's, as the units of the box and of Caddy say.
    BOX_DATA_FOLDER: `${MOUNT_POINT}/box`,
    ...(mail.via === 'ses'
      ? {
          BOX_MAIL_SENDER: mail.sender,
          BOX_SES_REGION: region.name,
          BOX_BOUNCE_QUEUE_URL: bounceQueueUrl(environment, region),
        }
      : {}),
  });
  readBoxConfig(settings);
  return settings;
}

/** What `picl-idp.caddyfile` asks for. */
function caddySettings(environment: Environment): Settings {
  return {
    CADDY_SITE: environment.accountsName,
    CADDY_MAILBOX: environment.operatorsMailbox,
    CADDY_UPSTREAM: `127.0.0.1:${ACCOUNTS_PORT}`,
  };
}
