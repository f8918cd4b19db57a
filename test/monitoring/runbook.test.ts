/** The runbook and the alarms hold each other: no alarm without its article, no article without its alarm. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { items, resourcesOf, type TemplateValue } from '../../app/operator/assembly.ts';
import { anchorOf } from '../../lib/monitoring/runbook.ts';
import { sharedStacks } from '../topology/support/assembly.ts';

const PARTS = ['What it means.', 'First look.', 'Likely causes.', 'What to do.', 'Over when.'];

const text = readFileSync('docs/runbook.md', 'utf8');
const [, ...sections] = text.split(/^## /m);
const articles = sections.map((section) => {
  const [heading = '', ...body] = section.split('\n');
  return { heading, body: body.join('\n') };
});
const alarms = resourcesOf(sharedStacks(), 'AWS::CloudWatch::Alarm').map(({ stack, id, resource }) => ({
  place: `${stack.name}/${id}`,
  stack,
  properties: resource.Properties ?? {},
}));
const told = alarms.filter(({ stack }) => stack.layer === 'monitoring');

test('every alarm leads to an article that exists', () => {
  const anchors = articles.map(({ heading }) => anchorOf(heading));
  const lost = alarms.filter(({ properties }) => !anchors.includes(anchorIn(properties['AlarmDescription'])));
  expect(alarms.length).toBeGreaterThan(0);
  expect(lost.map(({ place }) => place)).toEqual([]);
});

test('every article has an alarm or a budget that leads to it', () => {
  const budgets = resourcesOf(sharedStacks(), 'AWS::Budgets::Budget').map(({ resource }) =>
    String(Object(resource.Properties?.['Budget']).BudgetName),
  );
  const led = new Set([
    ...alarms.map(({ properties }) => anchorIn(properties['AlarmDescription'])),
    ...budgets.map((name) => anchorOf(name.split(' / ')[1] ?? '')),
  ]);
  expect(articles.length).toBeGreaterThan(20);
  expect(articles.map(({ heading }) => heading).filter((heading) => !led.has(anchorOf(heading)))).toEqual([]);
});

test('no two articles have one anchor', () => {
  const anchors = articles.map(({ heading }) => anchorOf(heading));
  expect(new Set(anchors).size).toBe(anchors.length);
});

test.each(articles)('$heading: has its five parts in their order, each with something in it', ({ body }) => {
  const parts = [...body.matchAll(/^\*\*(.+?)\*\* (\S)/gm)].map(([, part]) => part);
  expect(parts).toEqual(PARTS);
});

describe('who is told', () => {
  test('every alarm of a monitoring stack tells its topic when it rings and when it is over', () => {
    const silent = told.filter(
      ({ properties }) => items(properties['AlarmActions']).length === 0 || items(properties['OKActions']).length === 0,
    );
    expect(silent.map(({ place }) => place)).toEqual([]);
  });

  test('an alarm that rolls a release back wakes nobody', () => {
    const others = alarms.filter(({ stack }) => stack.layer !== 'monitoring');
    expect(new Set(others.map(({ stack }) => stack.layer))).toEqual(new Set(['services']));
    expect(others.filter(({ properties }) => properties['AlarmActions'] !== undefined)).toEqual([]);
    expect(new Set(others.map(({ properties }) => anchorIn(properties['AlarmDescription'])))).toEqual(
      new Set(['a-release-is-rolled-back']),
    );
  });

  test('every name is a literal that begins with the environment and the region, and is there once', () => {
    const names = told.map(({ stack, properties }) => [properties['AlarmName'], stack] as const);
    const strange = names.filter(
      ([name, { environment, region }]) =>
        !(typeof name === 'string' && name.startsWith(`${environment} ${region} / `)),
    );
    expect(strange).toEqual([]);
    expect(new Set(names.map(([name]) => name)).size).toBe(names.length);
  });

  test('every region of two has alarms, and a mailbox that hears them', () => {
    const regions = new Set(
      sharedStacks()
        .filter(({ layer }) => layer === 'network')
        .map(({ environment, region }) => `${environment}-${region}-monitoring`),
    );
    expect(new Set(told.map(({ stack }) => stack.name))).toEqual(regions);
    const mailboxes = resourcesOf(sharedStacks(), 'AWS::SNS::Subscription')
      .filter(({ stack, resource }) => stack.layer === 'monitoring' && resource.Properties?.['Protocol'] === 'email')
      .map(({ stack }) => stack.name);
    expect(new Set(mailboxes)).toEqual(regions);
  });
});

test('the anchor of a heading is as readers of Markdown make it', () =>
  expect(anchorOf("AWS's budget: 4/5 is spent")).toBe('awss-budget-45-is-spent'));

function anchorIn(description: TemplateValue | undefined): string {
  const [, anchor = 'none'] = / What to do: docs\/runbook\.md#([a-z0-9-]+)$/.exec(String(description)) ?? [];
  return anchor;
}
