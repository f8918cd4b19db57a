/** Documents of Image Builder: the shell steps of `steps/`, each wrapped as one component. */

/** Longest text that Image Builder takes as a component. Characters. */
const DOCUMENT_CHARACTERS_MAX = 16_000;
const DOWNLOAD_SECONDS_MAX = 300;
const STEP_SECONDS_MAX = 3_600;
const DOWNLOAD_ATTEMPTS_MAX = 3;

/** Where the step finds the release. */
const RELEASE_DESTINATION = '/tmp/picl-idp-release.zip';
/** What a recipe tells the component that takes a release. */
export const RELEASE_PARAMETERS = { url: 'ReleaseUrl', owner: 'ReleaseOwner' } as const;

export interface Step {
  readonly name: string;
  /** A file of `steps/` as it is. */
  readonly script: string;
  /** Variables that it reads. */
  readonly variables: Readonly<Record<string, string>>;
  /** `build`: on the machine that becomes the image. `test`: on a machine that was started from the image. */
  readonly phase: 'build' | 'test';
  readonly takesRelease: boolean;
}

/**
 * A step as Image Builder reads it: JSON, which is YAML too.
 * @throws RangeError when the step is too long, holds what Image Builder would take for an expression of its own, or has
 * a variable that a shell would not read as it is.
 */
export function componentDocument({ name, script, variables, phase, takesRelease }: Step): string {
  const text = `${exportsOf(variables)}${script}`;
  // Image Builder reads `{{ name }}` in commands before any shell does.
  if (text.includes('{{')) throw new RangeError(`step ${name} must not hold "{{"`);
  const run = {
    name: 'Run',
    action: 'ExecuteBash',
    onFailure: 'Abort',
    timeoutSeconds: STEP_SECONDS_MAX,
    inputs: { commands: [text] },
  };
  const document = {
    name: `picl-idp-${name}`,
    schemaVersion: '1.0',
    ...(takesRelease ? { parameters: DECLARED_PARAMETERS } : {}),
    phases: [{ name: phase, steps: takesRelease ? [DOWNLOAD, run] : [run] }],
  };
  const data = `${JSON.stringify(document, null, 1)}\n`;
  if (data.length > DOCUMENT_CHARACTERS_MAX)
    throw new RangeError(`step ${name} must have at most ${DOCUMENT_CHARACTERS_MAX} characters, got ${data.length}`);
  return data;
}

const DECLARED_PARAMETERS = [
  { [RELEASE_PARAMETERS.url]: { type: 'string', description: 'Where the release lies: s3://BUCKET/KEY' } },
  { [RELEASE_PARAMETERS.owner]: { type: 'string', description: 'The account whose bucket that must be' } },
];

const DOWNLOAD = {
  name: 'Download',
  action: 'S3Download',
  onFailure: 'Abort',
  maxAttempts: DOWNLOAD_ATTEMPTS_MAX,
  timeoutSeconds: DOWNLOAD_SECONDS_MAX,
  inputs: [
    {
      source: `{{ ${RELEASE_PARAMETERS.url} }}`,
      destination: RELEASE_DESTINATION,
      // Names of buckets belong to whoever takes them first; the release must come from this account's own.
      expectedBucketOwner: `{{ ${RELEASE_PARAMETERS.owner} }}`,
    },
  ],
};

function exportsOf(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      if (!/^[\w.:/+=-]+$/.test(value)) throw new RangeError(`${name} must be a plain word, got ${value}`);
      return `export ${name}='${value}'\n`;
    })
    .join('');
}
