/** What a template's value stands for once everything is deployed: text, or an attribute of a resource, in whatever stack and region. */

import {
  type AssembledStack,
  items,
  members,
  type PlacedResource,
  type TemplateValue,
} from '../../app/operator/assembly.ts';

/** A resource, and which value of it is meant: an attribute's name, or `Ref`. */
export interface Target extends PlacedResource {
  readonly attribute: string;
}

/** Follows references between stacks. Every method throws a RangeError for a reference that leads nowhere. */
export interface Values {
  /** The resource that a value is an attribute of; nothing for a literal, and for text that only contains references. */
  target(value: TemplateValue | undefined, stack: AssembledStack): Target | undefined;
  /** A value as text, in which each reference is written by `name`. */
  text(value: TemplateValue | undefined, stack: AssembledStack, name?: (target: Target) => string): string;
}

/** The name of a resource in a set of stacks. */
export function keyOf({ stack, id }: PlacedResource): string {
  return `${stack.name}/${id}`;
}

/** @param stacks among which references are followed: those of one environment, or of releases. */
export function createValues(stacks: readonly AssembledStack[]): Values {
  const exports = indexExports(stacks);

  /** The value behind references to other stacks, and the stack in which it is written. */
  function origin(value: TemplateValue | undefined, stack: AssembledStack): Written {
    const object = members(value);
    if ('Fn::ImportValue' in object) {
      const name = text(object['Fn::ImportValue'], stack);
      const found = exports.get(exportKey(stack, name));
      if (found === undefined) throw new RangeError(`${stack.name} imports ${name}, which no stack there exports`);
      return origin(found.value, found.stack);
    }
    if ('Fn::GetStackOutput' in object) {
      const { StackName: name, Region: region, OutputName: output } = members(object['Fn::GetStackOutput']);
      const other = stacks.find((one) => one.name === name && one.region === (region ?? stack.region));
      const found = other?.template.Outputs?.[String(output)];
      if (other === undefined || found === undefined) {
        throw new RangeError(`${stack.name} reads ${output} of ${name} in ${region}, which is not there`);
      }
      return origin(found.Value, other);
    }
    return { value: value ?? '', stack };
  }

  function target(given: TemplateValue | undefined, from: AssembledStack): Target | undefined {
    const { value, stack } = origin(given, from);
    const { Ref: ref, 'Fn::GetAtt': attribute } = members(value);
    if (ref === undefined && attribute === undefined) return undefined;
    const [id, name] = ref === undefined ? attributeParts(attribute) : [String(ref), 'Ref'];
    const resource = stack.template.Resources[id];
    if (resource !== undefined) return { stack, id, resource, attribute: name };
    if (id.startsWith('AWS::')) return undefined;
    throw new RangeError(`${stack.name} refers to ${id}, which it does not have`);
  }

  function text(
    given: TemplateValue | undefined,
    from: AssembledStack,
    name: (target: Target) => string = (one) => `<${keyOf(one)}.${one.attribute}>`,
  ): string {
    const found = target(given, from);
    if (found !== undefined) return name(found);
    const { value, stack } = origin(given, from);
    if (typeof value !== 'object' || value === null) return String(value);
    if (Array.isArray(value)) return value.map((one) => text(one, stack, name)).join(',');
    const { Ref: pseudo, 'Fn::Join': join, 'Fn::Base64': encoded } = members(value);
    if (pseudo !== undefined) return pseudoParameter(String(pseudo), stack);
    if (encoded !== undefined) return text(encoded, stack, name);
    if (join === undefined)
      throw new RangeError(`${stack.name}: got ${JSON.stringify(value)}, allowed: references and Fn::Join`);
    const [separator, parts] = items(join);
    return items(parts)
      .map((one) => text(one, stack, name))
      .join(String(separator));
  }

  return { target, text };
}

interface Written {
  readonly value: TemplateValue;
  readonly stack: AssembledStack;
}

function indexExports(stacks: readonly AssembledStack[]): ReadonlyMap<string, Written> {
  return new Map(
    stacks.flatMap((stack) =>
      Object.values(stack.template.Outputs ?? {}).flatMap(({ Value: value, Export: exported }) => {
        const name = members(exported)['Name'];
        return typeof name === 'string' ? [[exportKey(stack, name), { value, stack }] as const] : [];
      }),
    ),
  );
}

/** Exports are known in one account and region. */
function exportKey({ account, region }: AssembledStack, name: string): string {
  return `${account} ${region} ${name}`;
}

function attributeParts(attribute: TemplateValue | undefined): readonly [string, string] {
  const parts = Array.isArray(attribute) ? attribute.map(String) : String(attribute).split('.');
  const [id = '', ...name] = parts;
  return [id, name.join('.')];
}

function pseudoParameter(name: string, { account, region }: AssembledStack): string {
  const known: Readonly<Record<string, string>> = {
    'AWS::AccountId': account,
    'AWS::Region': region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
  };
  return known[name] ?? `<${name}>`;
}
