/** The plan of the house, held by reading every import and export: who may know whom, and that nothing is exported for nobody. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const LINES_MAX = 400;
const SOURCE_FOLDERS = ['app', 'bench', 'bin', 'lib', 'regions', 'tools', 'test'];

/** What each room may import beside itself. Platform is everybody's, and knows nobody. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  platform: [],
  accounts: [],
  browserid: [],
  storage: ['platform', 'accounts', 'browserid'],
  mail: ['platform', 'accounts'],
  keysigner: ['platform', 'accounts', 'browserid'],
  dbwriter: ['platform', 'accounts', 'browserid', 'storage', 'mail'],
  webhead: ['platform', 'accounts', 'browserid', 'storage', 'keysigner/client.ts'],
  'webhead/pages/browser': ['client', 'accounts/redirect-url.ts', 'accounts/service-errors.ts'],
  // What runs in browsers: only files without anything of Node's.
  client: ['accounts/onepw-namespace.ts', 'accounts/service-errors.ts', 'platform/hawk/normalized.ts'],
  'log-router': ['platform'],
  box: ['platform', 'keysigner/key-set.ts', 'dbwriter/keyring.ts', 'storage'],
  machine: ['platform'],
  'cassandra-node': ['platform', 'machine/config.ts'],
  operator: ['platform', 'keysigner/key-set.ts', 'dbwriter/keyring.ts', 'storage'],
};

/** What each folder of the topology may import beside itself. Of a service, `lib/` knows only what its settings are. */
const TOPOLOGY_MAY_IMPORT: Readonly<Record<string, RegExp>> = {
  regions: /^regions\//,
  lib: /^(lib|regions)\/|^app\/([a-z-]+\/)+config\.ts$/,
  bin: /^(bin|lib|regions)\/|^tools\/(release|tell-faults)\.ts$/,
};

/** Read by people who write clients of their own, whoever imports it here. */
const PUBLIC_INTERFACE = [
  'app/client/browserid.ts',
  'app/client/client.ts',
  'app/client/errors.ts',
  'app/client/onepw.ts',
];

interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Files of ours, as paths from the project's folder. */
  readonly imports: readonly string[];
  readonly packages: readonly string[];
}

const IMPORT = /(?:\bfrom|\bimport\(|^import)\s*'([^']+)'/gm;
/** Values. A type may be exported because it stands in the signature of one. */
const EXPORT = /^export (?:async )?(?:function|const|class) (\w+)/gm;

const sources = SOURCE_FOLDERS.flatMap(filesBelow).map(readSource);
const appFiles = sources.filter(({ path }) => path.startsWith('app/'));

describe('the rooms of app/', () => {
  test.each(appFiles)('$path imports only what its room may know', ({ path, imports }) => {
    const room = roomOf(path);
    const allowed = MAY_IMPORT[room];
    expect(allowed).toBeDefined();
    const forbidden = imports.filter(
      (imported) => !imported.startsWith(`app/${room}/`) && !allowed?.some((one) => isWithin(imported, `app/${one}`)),
    );
    expect(forbidden).toEqual([]);
  });

  test('a rule exists for each room, and no rule for a room that is gone', () => {
    const rooms = new Set(appFiles.map(({ path }) => roomOf(path)));
    expect(Object.keys(MAY_IMPORT).sort()).toEqual([...rooms].sort());
  });

  test('the domain imports no package that does I/O', () => {
    const domain = appFiles.filter(({ path }) => /^app\/(accounts|browserid)\//.test(path));
    const allowed = ['node:crypto', 'node:util', 'node:buffer', 'node:punycode', 'zod', 'negotiator'];
    expect(domain.length).toBeGreaterThan(0);
    const others = domain.flatMap(({ packages }) => packages).filter((name) => !allowed.includes(name));
    expect(others.filter((name) => name !== 'punycode/punycode.js')).toEqual([]);
  });

  test('a package that is loaded when it is needed is taken by its default: in a release it has no other name', () => {
    const loading = appFiles.flatMap(({ path, text }) =>
      [...text.matchAll(/^.*\bimport\('[^.].*$/gm)].map(([line]) => ({ path, line: line.trim() })),
    );
    expect(loading.length).toBeGreaterThan(5);
    expect(loading.filter(({ line }) => !/\bdefault\b/.test(line))).toEqual([]);
  });

  test('what browsers run imports nothing of Node', () => {
    const roots = appFiles.filter(({ path }) => /^app\/(client|webhead\/pages\/browser)\//.test(path));
    expect(roots.length).toBeGreaterThan(0);
    const reached = new Set(roots.map(({ path }) => path));
    for (const path of reached) for (const imported of sourceAt(path)?.imports ?? []) reached.add(imported);
    const packages = [...reached].flatMap((path) => sourceAt(path)?.packages ?? []);
    expect(packages.filter((name) => name.startsWith('node:'))).toEqual([]);
  });
});

describe('the folders of the topology', () => {
  const files = sources.filter(({ path }) => (path.split('/')[0] ?? '') in TOPOLOGY_MAY_IMPORT);

  test.each(files)('$path imports only what its folder may know', ({ path, imports }) => {
    const allowed = TOPOLOGY_MAY_IMPORT[path.split('/')[0] ?? ''];
    expect(imports.filter((imported) => !allowed?.test(imported))).toEqual([]);
  });

  test('stacks only compose: no resource is made in one', () => {
    const making = files.filter(
      ({ path, text }) => path.startsWith('lib/stacks/') && /new Cfn(?!Output)\w+\(/.test(text),
    );
    expect(making.map(({ path }) => path)).toEqual([]);
  });
});

describe('every file', () => {
  test('opens with a sentence on what it holds', () => {
    const silent = sources.filter(({ text }) => !/^(#!.*\n)?\/\*\* \S/.test(text)).map(({ path }) => path);
    expect(silent).toEqual([]);
  });

  test(`has at most ${LINES_MAX} lines`, () => {
    const long = sources.filter(({ text, path }) => !isSuite(path) && text.split('\n').length - 1 > LINES_MAX);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  test('exports nothing that nobody imports', () => {
    const importersOf = Map.groupBy(
      sources.flatMap(({ path, imports, text }) => imports.map((imported) => ({ imported, path, text }))),
      ({ imported }) => imported,
    );
    const unused = sources
      .filter(({ path }) => !PUBLIC_INTERFACE.includes(path))
      .flatMap(({ path, text }) =>
        [...text.matchAll(EXPORT)]
          .map(([, name = '']) => ({ path, name }))
          .filter(({ name }) => {
            const importers = importersOf.get(path) ?? [];
            return !importers.some((importer) => new RegExp(`\\b${name}\\b`).test(importer.text));
          }),
      );
    expect(unused.map(({ path, name }) => `${path}: ${name}`)).toEqual([]);
  });
});

function roomOf(path: string): string {
  if (path.startsWith('app/webhead/pages/browser/')) return 'webhead/pages/browser';
  return path.split('/')[1] ?? '';
}

/** Whether a file is the allowed one, or lies in the allowed folder. */
function isWithin(file: string, allowed: string): boolean {
  return file === allowed || file.startsWith(`${allowed}/`);
}

/** A table of cases may run longer than code. */
function isSuite(path: string): boolean {
  return path.startsWith('test/');
}

function sourceAt(path: string): SourceFile | undefined {
  return sources.find((source) => source.path === path);
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

function readSource(path: string): SourceFile {
  const text = readFileSync(path, 'utf8');
  const specifiers = [...text.matchAll(IMPORT)].map(([, specifier = '']) => specifier);
  return {
    path,
    text,
    imports: specifiers.filter((one) => one.startsWith('.')).map((one) => normalize(join(dirname(path), one))),
    packages: specifiers.filter((one) => !one.startsWith('.')),
  };
}
