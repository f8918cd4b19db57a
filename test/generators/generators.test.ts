/** Generators, and the sink that the mails of a load test end in. */

import { describe, expect, test } from '@jest/globals';
import { readMailSinkConfig } from '../../app/mail/sink/config.ts';
import { dbwriterPlan } from '../../lib/services/dbwriter.ts';
import { mailSinkAddress } from '../../lib/services/mail-sink.ts';
import {
  generatorsStack,
  LOADTEST,
  ofType,
  only,
  PROD,
  type Resource,
  resourcesOf,
  rulesOf,
  settingsOf,
} from '../logs/stacks-with-logs.ts';

const resources = resourcesOf(generatorsStack(LOADTEST));

describe('the generators', () => {
  test('are none until an operator raises their group, and a deploy never changes how many there are', () => {
    const { MinSize, MaxSize, ...others } = machinesOf('loadtest generator').Properties;
    expect([MinSize, MaxSize]).toEqual(['0', '5']);
    expect(others).not.toHaveProperty('DesiredCapacity');
  });

  test('call the internet, AWS, the inbox and the log routers, and take no call', () =>
    expect(rulesOf(resources, 'generator machines')).toEqual([
      'out 2514 to loadtest-us-east-1-logs RoutersBalancer',
      'out 443 to 0.0.0.0/0',
      'out 443 to loadtest-us-east-1-network Endpoints',
      'out 8025 to mail balancer',
    ]));

  test('are refused to an environment that has none', () =>
    expect(() => generatorsStack(PROD)).toThrow(new RangeError('prod has no generators')));
});

describe('the mail sink', () => {
  test('stands at the address that the dbwriters of every region send mail to', () => {
    const [first] = only(resources, 'AWS::ElasticLoadBalancingV2::LoadBalancer').Properties.SubnetMappings;
    expect(first.PrivateIPv4Address).toBe('10.40.80.10');
    const hosts = LOADTEST.regions.map((region) => dbwriterPlan(LOADTEST, region).settings['DBWRITER_SMTP_HOST']);
    expect(hosts).toEqual(['10.40.80.10', '10.40.80.10']);
  });

  test('takes mail from dbwriters only, and shows it to generators only', () =>
    expect(rulesOf(resources, 'mail balancer')).toEqual([
      'in 2525 from 10.40.24.0/21',
      'in 2525 from 10.41.24.0/21',
      'in 8025 from generator machines',
      'out 2525 to mail sink machines',
      'out 8025 to mail sink machines',
    ]));

  test('lets no mail out: it reaches AWS and the log routers, and nothing else', () =>
    expect(rulesOf(resources, 'mail sink machines').filter((rule) => rule.startsWith('out'))).toEqual([
      'out 2514 to loadtest-us-east-1-logs RoutersBalancer',
      'out 443 to loadtest-us-east-1-network Endpoints',
    ]));

  test('is told what its own schema asks for', () => {
    const template = ofType(resources, 'AWS::EC2::LaunchTemplate').find(({ Properties }) =>
      Properties.LaunchTemplateData.UserData['Fn::Base64'].includes('picl-idp-mail-sink.service'),
    );
    if (template === undefined) throw new Error('no sink');
    expect(readMailSinkConfig(settingsOf(template, 'mail-sink'))).toEqual({
      MAIL_SINK_LISTEN_HOST: '0.0.0.0',
      MAIL_SINK_HTTP_PORT: 8025,
      MAIL_SINK_SMTP_PORT: 2525,
      MAIL_SINK_LOG_LEVEL: 'info',
    });
  });

  test('is one machine at most, so that no mail is in another one', () => {
    const { Properties, UpdatePolicy } = machinesOf('loadtest mail-sink');
    expect([Properties.MinSize, Properties.MaxSize]).toEqual(['1', '1']);
    expect(UpdatePolicy).toMatchObject({
      AutoScalingInstanceRefresh: { Preferences: { MaxHealthyPercentage: 100 } },
    });
  });

  test('has no address in an environment without a region', () =>
    expect(() => mailSinkAddress({ ...LOADTEST, regions: [] })).toThrow(
      new RangeError('loadtest has no region with a zone'),
    ));
});

test('the roles of both may open sessions and ask AWS for nothing else', () => {
  const actions = ofType(resources, 'AWS::IAM::Role').map(({ Properties }) =>
    Properties.Policies.flatMap((one: { PolicyDocument: { Statement: { Action: string[] }[] } }) =>
      one.PolicyDocument.Statement.flatMap(({ Action }) => Action),
    ),
  );
  expect(actions).toHaveLength(2);
  expect(actions.flat().filter((action) => !/^ssm(messages)?:/.test(action))).toEqual([]);
});

function machinesOf(name: string): Resource {
  const found = ofType(resources, 'AWS::AutoScaling::AutoScalingGroup').find(
    ({ Properties }) => Properties.Tags[0].Value === name,
  );
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}
