/** The part of botocore's service models (`service-2.json`) that the gateway reads. */
export interface ShapeRef {
  readonly shape: string;
  readonly locationName?: string;
  readonly location?: 'uri' | 'querystring' | 'header' | 'headers' | 'statusCode';
  readonly queryName?: string;
  readonly flattened?: boolean;
  readonly xmlAttribute?: boolean;
  readonly timestampFormat?: string;
}

export interface Shape {
  readonly type:
    | 'structure'
    | 'list'
    | 'map'
    | 'string'
    | 'character'
    | 'integer'
    | 'long'
    | 'float'
    | 'double'
    | 'boolean'
    | 'timestamp'
    | 'blob';
  readonly members?: Readonly<Record<string, ShapeRef>>;
  readonly required?: readonly string[];
  readonly member?: ShapeRef;
  readonly key?: ShapeRef;
  readonly value?: ShapeRef;
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly flattened?: boolean;
  readonly payload?: string;
  readonly locationName?: string;
  readonly timestampFormat?: string;
  readonly sensitive?: boolean;
  readonly document?: boolean;
  readonly exception?: boolean;
  readonly error?: { readonly code?: string; readonly httpStatusCode?: number; readonly senderFault?: boolean };
}

export interface Operation {
  readonly name: string;
  readonly http: { readonly method: string; readonly requestUri: string; readonly responseCode?: number };
  readonly input?: ShapeRef & { readonly xmlNamespace?: { readonly uri: string } };
  readonly output?: ShapeRef & { readonly resultWrapper?: string };
  readonly errors?: readonly ShapeRef[];
}

export type Protocol = 'query' | 'ec2' | 'json' | 'rest-json' | 'rest-xml';

export interface ServiceModel {
  readonly metadata: {
    readonly apiVersion: string;
    readonly endpointPrefix: string;
    readonly signingName?: string;
    readonly protocol: string;
    readonly protocols?: readonly string[];
    readonly jsonVersion?: string;
    readonly targetPrefix?: string;
    readonly xmlNamespace?: string | { readonly uri: string };
    readonly serviceId: string;
  };
  readonly operations: Readonly<Record<string, Operation>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** A shape by name; an unknown name is a bug in the model. */
export function shapeOf(model: ServiceModel, name: string): Shape {
  const shape = model.shapes[name];
  if (shape === undefined) throw new Error(`The service model has no shape ${name}.`);
  return shape;
}

/** The protocol the gateway speaks with a service: the model's own, or the first it offers that we know. */
export function protocolOf(model: ServiceModel): Protocol {
  for (const name of [model.metadata.protocol, ...(model.metadata.protocols ?? [])]) {
    if (name === 'query' || name === 'ec2' || name === 'json' || name === 'rest-json' || name === 'rest-xml')
      return name;
  }
  throw new Error(`The service model of ${model.metadata.serviceId} has no protocol that the gateway speaks.`);
}

export function namespaceOf(model: ServiceModel): string {
  const { xmlNamespace, endpointPrefix, apiVersion } = model.metadata;
  if (typeof xmlNamespace === 'string') return xmlNamespace;
  return xmlNamespace?.uri ?? `http://${endpointPrefix}.amazonaws.com/doc/${apiVersion}/`;
}
