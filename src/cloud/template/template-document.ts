/** A CloudFormation document (CloudFormation user guide, "Template anatomy"), as far as this one uses it. */
export interface TemplateDocument {
  readonly AWSTemplateFormatVersion: '2010-09-09';
  readonly Description: string;
  readonly Metadata: Readonly<Record<string, TemplateValue>>;
  readonly Mappings: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>;
  readonly Resources: Resources;
  readonly Outputs: Readonly<Record<string, { readonly Description: string; readonly Value: TemplateValue }>>;
}

/** By logical id. An id is the resource's identity from one version of a stack to the next: another id is another resource. */
export type Resources = Readonly<Record<string, Resource>>;

export interface Resource {
  readonly Type: `AWS::${string}`;
  /** For the reader: JSON has no comments. */
  readonly Metadata?: { readonly Why: string };
  readonly DependsOn?: readonly string[];
  /** What becomes of it when it leaves the stack, or the stack is deleted. */
  readonly DeletionPolicy?: 'Retain';
  /** What becomes of the old one when a change needs a new one; DeletionPolicy does not cover that. */
  readonly UpdateReplacePolicy?: 'Retain';
  readonly Properties: Readonly<Record<string, TemplateValue>>;
}

export type TemplateValue =
  | string
  | number
  | boolean
  | readonly TemplateValue[]
  | { readonly [key: string]: TemplateValue };

/** Both, or the old one vanishes with the next replacement. */
export const RETAINED = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' } as const;

export function ref(logicalId: string): TemplateValue {
  return { Ref: logicalId };
}

export function attribute(logicalId: string, name: string): TemplateValue {
  return { 'Fn::GetAtt': [logicalId, name] };
}

export const ACCOUNT = '$' + '{AWS::AccountId}';

/** The value with every text that names the account made into a substitution, which CloudFormation fills in. */
export function substituted(value: unknown): TemplateValue {
  if (typeof value === 'string') return value.includes(ACCOUNT) ? { 'Fn::Sub': value } : value;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(substituted);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, substituted(member)]));
  }
  throw new TypeError(`a template cannot hold ${typeof value}`);
}
